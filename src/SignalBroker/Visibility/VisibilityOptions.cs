namespace SignalBroker.Visibility;

/// <summary>Who may see whether a user listens.</summary>
internal enum PresenceVisibility
{
    /// <summary>Everyone sees everyone.</summary>
    Everyone,

    /// <summary>Users see those who are in a room with them, and not anonymously.</summary>
    SameRoom,

    /// <summary>Nobody sees anyone but oneself.</summary>
    Nobody,
}

/// <summary>What the settings under <c>Presence:</c> say of who sees whom.</summary>
internal class VisibilityOptions
{
    public const string Section = "Presence";

    /// <summary>Who may see whether a user listens.</summary>
    public PresenceVisibility Visibility { get; set; } = PresenceVisibility.Everyone;
}
