using System.ComponentModel.DataAnnotations;

namespace SignalBroker.Signals;

/// <summary>The settings under <c>Signals:</c>.</summary>
internal sealed class SignalsOptions
{
    public const string Section = "Signals";

    /// <summary>How long a signal without a time to live of its own may wait in the addressee's queue.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "01:00:00")]
    public TimeSpan TimeToLive { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The longest time to live that a sender may ask for. The nodes' own policy ends at 60 s, and has to be raised
    /// with it.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "1.00:00:00")]
    public TimeSpan MaxTimeToLive { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How long a signal may wait in a queue: a stored one may live for days, but not there.</summary>
    /// <param name="wanted">How long it lives; null for as long as usual.</param>
    public TimeSpan InQueue(TimeSpan? wanted)
    {
        var lives = wanted ?? TimeToLive;
        return lives < MaxTimeToLive ? lives : MaxTimeToLive;
    }

    /// <summary>
    /// How many bytes of signals each session takes per second from one webapp. More are overloaded: a listener that
    /// has stopped reading must not fill its node's memory before its socket is closed.
    /// </summary>
    [Range(1024, 1_073_741_824)]
    public int AddresseeBytesPerSecond { get; set; } = 524_288;

    /// <summary>How many bytes a session that has been quiet takes at once.</summary>
    [Range(131_072, 1_073_741_824)]
    public int AddresseeBurstBytes { get; set; } = 4_194_304;
}
