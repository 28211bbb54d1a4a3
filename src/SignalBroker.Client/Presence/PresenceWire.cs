namespace SignalBroker.Client;

/// <summary>The answer to a question about several users' presence.</summary>
internal sealed record PresenceAnswer(IReadOnlyList<Presence>? Presence);

/// <summary>The users whose presence is asked for, or subscribed to.</summary>
internal sealed record UsersRequest(IReadOnlyList<string> Users);

/// <summary>A part of the list of known users.</summary>
internal sealed record UsersAnswer(IReadOnlyList<KnownUser>? Users, string? Next);
