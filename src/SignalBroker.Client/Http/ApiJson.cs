using System.Text.Json;
using System.Text.Json.Serialization;

namespace SignalBroker.Client.Http;

internal sealed record ConnectRequest(string Line, bool Resumes)
{
    public string? UserId { get; init; }
    public string? Device { get; init; }
    public string? Region { get; init; }
    public IReadOnlyList<string>? Labels { get; init; }
    public string? Near { get; init; }

    /// <summary>The client's own session from which the new one takes over.</summary>
    public Predecessor? Predecessor { get; init; }
}

/// <remarks><c>Listens</c> says whether its socket is still open.</remarks>
internal sealed record Predecessor(string ListeningKey, string Passcode, bool Listens);

internal sealed record RegionsAnswer(IReadOnlyList<RegionOffer>? Regions);

internal sealed record RegionOffer(string Region, string Address);

internal record IceServersAnswer
{
    public IReadOnlyList<IceServer>? IceServers { get; init; }
    public DateTimeOffset? IceServersExpireAt { get; init; }

    /// <summary>In milliseconds.</summary>
    public long? IceServersTimeToLive { get; init; }

    public IceServers ToIceServers() =>
        new(
            IceServers ?? [],
            IceServersExpireAt,
            IceServersTimeToLive is { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : null
        );
}

internal sealed record ConnectAnswer : IceServersAnswer
{
    public string? UserId { get; init; }
    public string? Device { get; init; }
    public string? ListeningAddress { get; init; }
    public string? ListeningKey { get; init; }
    public string? Passcode { get; init; }

    /// <summary>Left out by older servers.</summary>
    public string? KnownAs { get; init; }

    /// <summary>Best first; left out by older servers.</summary>
    public IReadOnlyList<ListeningOffer>? Listening { get; init; }

    /// <summary>How to listen by MQTT; null where that is not offered.</summary>
    [JsonIgnore]
    public MqttOffer? Mqtt =>
        Listening?.FirstOrDefault(offer => offer.Protocol == "mqtt")
            is { Address: { } address, Subscribe: { } topic } mqtt
            ? new(address, topic, mqtt.Send)
            : null;

    /// <summary>Whether STOMP is offered, as it always is by older servers.</summary>
    [JsonIgnore]
    public bool OffersStomp => Listening is null || Listening.Any(offer => offer.Protocol == "stomp");
}

/// <summary>One way to listen to a session, and perhaps to send.</summary>
internal sealed record ListeningOffer(string? Protocol, string? Address, string? Subscribe, string? Send);

/// <summary>The answer of <c>/exchange</c>, and the content of an <c>outcome</c> through the socket.</summary>
internal sealed record ExchangeAnswer(string? Id, IReadOnlyList<Delivery>? Sessions)
{
    /// <summary><c>stored</c>; or <c>accepted</c>, where nothing else may be known.</summary>
    public string? Outcome { get; init; }

    /// <summary>In a room: how many members' inboxes have it.</summary>
    public int? Stored { get; init; }

    /// <summary>In a room: how many members' inboxes were too full for it.</summary>
    public int? Full { get; init; }

    public string? Room { get; init; }

    /// <summary>How many members of the room it was for.</summary>
    public int Members { get; init; }

    /// <summary>How many of them listen.</summary>
    public int Listening { get; init; }

    public IReadOnlyList<DeliveryToNode>? Nodes { get; init; }

    /// <summary>After settling: there is nothing left to settle up to this sequence.</summary>
    public long SettledThrough { get; init; }
}

/// <summary>An error answer (RFC 9457), and the content of an <c>error</c> through the socket.</summary>
internal sealed record Problem(
    string? Id,
    int? Status,
    string? Code,
    string? Detail,
    string? Title,
    int? RetryAfter,
    IReadOnlyList<Delivery>? Sessions
)
{
    /// <summary>The same, where it is not the answer to the whole request.</summary>
    public ServerRefusedException ToRefusal() =>
        ServerRefusedException.Of(
            new(
                Status ?? 500,
                Code ?? SignalBrokerCode.InternalError,
                Detail ?? "The server refused the signal.",
                RetryAfter is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
                Sessions
            )
        );
}

[JsonSourceGenerationOptions(
    Converters = [typeof(Word<Outcome>)],
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(ConnectRequest))]
[JsonSerializable(typeof(ConnectAnswer))]
[JsonSerializable(typeof(RegionsAnswer))]
[JsonSerializable(typeof(ExchangeAnswer))]
[JsonSerializable(typeof(IceServersAnswer))]
[JsonSerializable(typeof(JsonElement[]))]
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(SessionEvent))]
internal sealed partial class ApiJson : JsonSerializerContext;
