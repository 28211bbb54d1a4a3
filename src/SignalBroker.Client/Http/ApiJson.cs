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
    string? Passcode
);

/// <summary>What <c>/exchange</c> answers.</summary>
internal sealed record ExchangeAnswer(string? Id, IReadOnlyList<ReachedSession>? Sessions);

/// <summary>What became of a signal at one session.</summary>
internal sealed record ReachedSession(string? ListeningKey, string? Device, string? Outcome)
{
    public Delivery ToDelivery() =>
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

/// <summary>An error answer (RFC 9457).</summary>
internal sealed record Problem(string? Code, string? Detail, string? Title, IReadOnlyList<ReachedSession>? Sessions);

/// <summary>What the webapp and this library say to each other as JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(ConnectRequest))]
[JsonSerializable(typeof(ConnectAnswer))]
[JsonSerializable(typeof(ExchangeAnswer))]
[JsonSerializable(typeof(Problem))]
internal sealed partial class ApiJson : JsonSerializerContext;
