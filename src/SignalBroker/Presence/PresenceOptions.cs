using System.ComponentModel.DataAnnotations;
using SignalBroker.Visibility;

namespace SignalBroker.Presence;

/// <summary>The settings under <c>Presence:</c>.</summary>
internal sealed class PresenceOptions : VisibilityOptions
{
    /// <summary>How many users one session may subscribe to.</summary>
    [Range(1, 10_000)]
    public int MaxSubscriptions { get; set; } = 100;

    /// <summary>How often a session may change its list per second at one webapp; twice as often in bursts.</summary>
    [Range(1, 1_000_000)]
    public int SubscribesPerSecondOfSession { get; set; } = 5;

    /// <summary>How long a node may be unusable to every webapp before its sessions count as unknown.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan NodeUnknownAfter { get; set; } = TimeSpan.FromSeconds(5);
}
