namespace SignalBroker.Client;

/// <summary>Somebody's presence, as the server writes it.</summary>
internal sealed record ListedPresence
{
    public required string UserId { get; init; }
    public string? State { get; init; }
    public IReadOnlyList<ListedDevice>? Devices { get; init; }
    public DateTimeOffset? LastSeen { get; init; }
    public DateTimeOffset AsOf { get; init; }

    public Presence ToPresence() =>
        new()
        {
            UserId = UserId,
            State = StateOf(State),
            Devices = [.. (Devices ?? []).Select(one => new DevicePresence(one.Device, StateOf(one.State), one.Since))],
            LastSeen = LastSeen,
            AsOf = AsOf,
        };

    private static PresenceState StateOf(string? word) =>
        word switch
        {
            "listening" => PresenceState.Listening,
            "away" => PresenceState.Away,
            "hidden" => PresenceState.Hidden,
            "invalid" => PresenceState.Invalid,
            _ => PresenceState.Unknown,
        };
}

/// <summary>A device, as the server writes it.</summary>
internal sealed record ListedDevice(string? Device, string? State, DateTimeOffset? Since);

/// <summary>What the server answers when it is asked for the presence of several users.</summary>
internal sealed record PresenceAnswer(IReadOnlyList<ListedPresence>? Presence)
{
    public IReadOnlyList<Presence> All() => [.. (Presence ?? []).Select(one => one.ToPresence())];
}

/// <summary>The users whose presence is asked for, or is to be told to a session from now on.</summary>
internal sealed record UsersRequest(IReadOnlyList<string> Users);

/// <summary>A part of the list of known users.</summary>
internal sealed record UsersAnswer(IReadOnlyList<KnownUser>? Users, string? Next);
