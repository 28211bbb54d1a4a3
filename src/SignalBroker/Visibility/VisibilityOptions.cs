namespace SignalBroker.Visibility;

/// <summary>Who may see whether a user listens.</summary>
internal enum PresenceVisibility
{
    /// <summary>Everyone sees everyone.</summary>
    Everyone,

    /// <summary>Users see those who are in a room with them without being anonymous there.</summary>
    SameRoom,

    /// <summary>Users see only themselves.</summary>
    Nobody,
}

/// <summary>The settings under <c>Presence:</c> about who sees whom.</summary>
internal class VisibilityOptions
{
    public const string Section = "Presence";

    /// <summary>Who may see whether a user listens.</summary>
    public PresenceVisibility Visibility { get; set; } = PresenceVisibility.Everyone;
}
