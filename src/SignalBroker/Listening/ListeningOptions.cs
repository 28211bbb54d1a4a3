using System.ComponentModel.DataAnnotations;

namespace SignalBroker.Listening;

/// <summary>The settings under <c>Listening:</c>.</summary>
internal sealed class ListeningOptions
{
    public const string Section = "Listening";

    /// <summary>
    /// How often a silent stream of <c>/listen</c> says that it is alive; clients give it up after 40 s of silence.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:00:15")]
    public TimeSpan HeartbeatInterval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the reader of such a stream may take nothing before it is broken off.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan WriteTimeout { get; set; } = TimeSpan.FromSeconds(15);
}
