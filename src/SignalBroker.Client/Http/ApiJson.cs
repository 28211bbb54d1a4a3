using System.Text.Json.Serialization;

namespace SignalBroker.Client.Http;

/// <summary>What <c>/connect</c> takes.</summary>
internal sealed record ConnectRequest(string? UserId, string? Device);

/// <summary>What <c>/connect</c> answers.</summary>
internal sealed record ConnectAnswer(
    string? UserId,
    string? Device,
    string? ListeningAddress,
    string? ListeningKey,
    string? Passcode,
    IReadOnlyList<ListedIceServer>? IceServers,
    DateTimeOffset? IceServersExpireAt
);

/// <summary>What <c>/ice-servers</c> answers.</summary>
internal sealed record IceServersAnswer(IReadOnlyList<ListedIceServer>? IceServers, DateTimeOffset? IceServersExpireAt);

/// <summary>One of the servers in an answer.</summary>
internal sealed record ListedIceServer(IReadOnlyList<string>? Urls, string? Username, string? Credential)
{
    public static IceServers All(IReadOnlyList<ListedIceServer>? listed, DateTimeOffset? expireAt) =>
        new([.. (listed ?? []).Select(one => new IceServer(one.Urls ?? [], one.Username, one.Credential))], expireAt);
}

/// <summary>What <c>/exchange</c> answers, and what an <c>outcome</c> that comes through the socket holds.</summary>
internal sealed record ExchangeAnswer(string? Id, IReadOnlyList<ReachedSession>? Sessions)
{
    public Sent ToSent() => new(Id ?? "", ReachedSession.All(Sessions));
}

/// <summary>What became of a signal at one session.</summary>
internal sealed record ReachedSession(string? ListeningKey, string? Device, string? Outcome)
{
    public static IReadOnlyList<Delivery> All(IReadOnlyList<ReachedSession>? sessions) =>
        sessions is null ? [] : [.. sessions.Select(session => session.ToDelivery())];

    private Delivery ToDelivery() =>
        new(
            ListeningKey,
            Device,
            Outcome switch
            {
                "queued" => Client.Outcome.Queued,
                "notListening" => Client.Outcome.NotListening,
                "overloaded" => Client.Outcome.Overloaded,
                _ => Client.Outcome.Unknown,
            }
        );
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

/// <summary>What the server and this library say to each other as JSON.</summary>
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
