namespace SignalBroker.Client;

/// <summary>Whether a user can be reached, and where.</summary>
public sealed record Presence
{
    /// <summary>Whose it is.</summary>
    public required string UserId { get; init; }

    /// <summary>What is known.</summary>
    public PresenceState State { get; init; }

    /// <summary>The devices with which the user listens.</summary>
    public IReadOnlyList<DevicePresence> Devices
    {
        get;
        init => field = value ?? [];
    } = [];

    /// <summary>When the user listened last, by the server's clock; null while it does, and for one never seen.</summary>
    public DateTimeOffset? LastSeen { get; init; }

    /// <summary>When the server knew this, by its clock: of two, the later one is true.</summary>
    public DateTimeOffset AsOf { get; init; }

    /// <summary>Whether it differs from the other one in nothing but since when.</summary>
    internal bool IsNoNewsAfter(Presence? other) =>
        State == other?.State && Devices.Select(NameAndState).SequenceEqual(other.Devices.Select(NameAndState));

    private static (string?, PresenceState) NameAndState(DevicePresence device) => (device.Device, device.State);
}

/// <summary>What is known of a user's sessions.</summary>
public enum PresenceState
{
    /// <summary>The user's node can't be asked at the moment.</summary>
    Unknown,

    /// <summary>At least one session listens.</summary>
    Listening,

    /// <summary>No session listens.</summary>
    Away,

    /// <summary>The asking user may not know; whether there is such a user, either.</summary>
    Hidden,

    /// <summary>Nobody can be called so.</summary>
    Invalid,
}

/// <summary>One device with which a user listens.</summary>
/// <param name="Device">What the user calls it; null when it was not named.</param>
/// <param name="State"><see cref="PresenceState.Listening"/>, or <see cref="PresenceState.Unknown"/>.</param>
/// <param name="Since">Since when, by the server's clock; null if it is not known.</param>
public sealed record DevicePresence(string? Device, PresenceState State, DateTimeOffset? Since);

/// <summary>A user whom the server has seen.</summary>
/// <param name="UserId">The user's id.</param>
/// <param name="FirstSeen">When the user came first, by the server's clock.</param>
/// <param name="LastSeen">When the user was last there, by the server's clock.</param>
public sealed record KnownUser(string UserId, DateTimeOffset FirstSeen, DateTimeOffset LastSeen);
