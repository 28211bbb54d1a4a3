using System.Text.Json.Serialization;

namespace SignalBroker.Client.Http;

/// <summary>What <c>/connect</c> takes.</summary>
internal sealed record ConnectRequest(string? UserId, string? Device, string Line, bool Resumes);

/// <summary>What <c>/connect</c> answers.</summary>
internal sealed record ConnectAnswer(
    string? UserId,
    string? Device,
    string? ListeningAddress,
    string? ListeningKey,
    string? Passcode,
    IReadOnlyList<ListedIceServer>? IceServers,
    DateTimeOffset? IceServersExpireAt,
    long? IceServersTimeToLive
);

/// <summary>What <c>/ice-servers</c> answers.</summary>
internal sealed record IceServersAnswer(
    IReadOnlyList<ListedIceServer>? IceServers,
    DateTimeOffset? IceServersExpireAt,
    long? IceServersTimeToLive
);

/// <summary>One of the servers in an answer.</summary>
internal sealed record ListedIceServer(IReadOnlyList<string>? Urls, string? Username, string? Credential)
{
    public static IceServers All(IReadOnlyList<ListedIceServer>? listed, DateTimeOffset? expireAt, long? timeToLive) =>
        new(
            [.. (listed ?? []).Select(one => new IceServer(one.Urls ?? [], one.Username, one.Credential))],
            expireAt,
            timeToLive is { } ms ? TimeSpan.FromMilliseconds(ms) : null
        );
}

/// <summary>What <c>/exchange</c> answers, and what an <c>outcome</c> that comes through the socket holds.</summary>
internal sealed record ExchangeAnswer(string? Id, IReadOnlyList<ReachedSession>? Sessions)
{
    /// <summary><c>stored</c>; or <c>accepted</c>, where nothing else may be known.</summary>
    public string? Outcome { get; init; }

    /// <summary>For how many members of the room it is stored.</summary>
    public int? Stored { get; init; }

    /// <summary>For how many of them it is not, because they have too much.</summary>
    public int? Full { get; init; }

    /// <summary>The room that it was for.</summary>
    public string? Room { get; init; }

    /// <summary>How many members of the room it was for.</summary>
    public int Members { get; init; }

    /// <summary>How many of them listen.</summary>
    public int Listening { get; init; }

    /// <summary>What became of it on each node.</summary>
    public IReadOnlyList<ReachedNode>? Nodes { get; init; }

    /// <summary>Where settling was asked: there is nothing left to settle up to this sequence.</summary>
    public long SettledThrough { get; init; }

    public Sent ToSent() =>
        new(Id ?? "", ReachedSession.All(Sessions))
        {
            IsStored = Outcome == "stored",
            IsHidden = Outcome == "accepted",
        };
}

/// <summary>What became of a signal for the members of a room on one node.</summary>
internal sealed record ReachedNode(int Members, string? Outcome);

/// <summary>What became of a signal at one session.</summary>
internal sealed record ReachedSession(string? ListeningKey, string? Device, string? Outcome)
{
    public static IReadOnlyList<Delivery> All(IReadOnlyList<ReachedSession>? sessions) =>
        sessions is null ? [] : [.. sessions.Select(session => session.ToDelivery())];

    private Delivery ToDelivery() => new(ListeningKey, Device, Outcomes.Of(Outcome));
}

/// <summary>The server's words for outcomes.</summary>
internal static class Outcomes
{
    public static Outcome Of(string? word) =>
        word switch
        {
            "queued" => Outcome.Queued,
            "partly" => Outcome.Partly,
            "notListening" => Outcome.NotListening,
            "overloaded" => Outcome.Overloaded,
            _ => Outcome.Unknown,
        };
}

/// <summary>An error answer (RFC 9457), and what an <c>error</c> that comes through the socket holds.</summary>
internal sealed record Problem(
    string? Id,
    int? Status,
    string? Code,
    string? Detail,
    string? Title,
    int? RetryAfter,
    IReadOnlyList<ReachedSession>? Sessions
);

/// <summary>What the server and this library say to each other about sessions and signals as JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(ConnectRequest))]
[JsonSerializable(typeof(ConnectAnswer))]
[JsonSerializable(typeof(ExchangeAnswer))]
[JsonSerializable(typeof(IceServersAnswer))]
[JsonSerializable(typeof(Problem))]
internal sealed partial class ApiJson : JsonSerializerContext;
