using System.ComponentModel.DataAnnotations;

namespace SignalBroker.Fleet;

/// <summary>The settings under <c>Fleet:</c>.</summary>
internal sealed class FleetOptions
{
    public const string Section = "Fleet";

    /// <summary>How many sessions a second are told to move from each node that drains, and from all that hold more than their share.</summary>
    [Range(1, 100_000)]
    public int MovesPerSecond { get; set; } = 50;

    /// <summary>How long a client may take to move; one that has not by then loses its socket and comes back on another node.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan MoveWithin { get; set; } = TimeSpan.FromSeconds(30);
}
