using System.ComponentModel.DataAnnotations;

namespace SignalBroker.Presence;

/// <summary>Who may see whether a user listens.</summary>
public enum PresenceVisibility
{
    /// <summary>Everyone sees everyone.</summary>
    Everyone,

    /// <summary>Users see those who are in a room with them, and not anonymously.</summary>
    SameRoom,

    /// <summary>Nobody sees anyone but oneself.</summary>
    Nobody,
}

/// <summary>The settings under <c>Presence:</c>.</summary>
public sealed class PresenceOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Presence";

    /// <summary>Who may see whether a user listens.</summary>
    public PresenceVisibility Visibility { get; set; } = PresenceVisibility.Everyone;

    /// <summary>How many users one session may subscribe to.</summary>
    [Range(1, 10_000)]
    public int MaxSubscriptions { get; set; } = 100;

    /// <summary>How often one session may change its subscriptions per second at one webapp; bursts of twice as many pass.</summary>
    [Range(1, 1_000_000)]
    public int SubscribesPerSecondOfSession { get; set; } = 5;

    /// <summary>For how long no webapp may be able to use a node before its sessions are unknown.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan NodeUnknownAfter { get; set; } = TimeSpan.FromSeconds(5);
}
