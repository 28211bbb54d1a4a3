using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SignalBroker.Storm.Clients;

/// <summary>A session as <c>POST /connect</c> gives it.</summary>
/// <param name="ListeningAddress">The WebSocket address to listen at.</param>
public sealed record Session(string UserId, string ListeningAddress, string ListeningKey, string Passcode)
{
    /// <summary>The value of the Authorization header that proves it.</summary>
    [JsonIgnore]
    public string Authorization { get; } =
        "Basic " + Convert.ToBase64String(Encoding.ASCII.GetBytes($"{ListeningKey}:{Passcode}"));

    /// <summary>Opens a session.</summary>
    /// <param name="userId">Whose it shall be; null for an anonymous user.</param>
    /// <exception cref="ServerRefusedException">The server answered with an error.</exception>
    public static async Task<Session> OpenAsync(HttpPool http, string? userId)
    {
        var body = JsonSerializer.Serialize(new ConnectCall(userId), ClientJson.Default.ConnectCall);
        var connection = http.Take();
        try
        {
            var answer = await connection.PostAsync("/connect", null, "application/json", body);
            if (answer.Status != 200)
            {
                throw Problem.Read(answer);
            }

            return JsonSerializer.Deserialize(answer.Body.Span, ClientJson.Default.Session)
                ?? throw new InvalidDataException("The server's answer to /connect is empty.");
        }
        catch (JsonException wrong)
        {
            throw new InvalidDataException("The server's answer to /connect is none of SignalBroker's.", wrong);
        }
        finally
        {
            http.Give(connection);
        }
    }

    public async Task CloseAsync(HttpPool http)
    {
        var connection = http.Take();
        try
        {
            await connection.PostAsync("/disconnect", Authorization, null, "");
        }
        finally
        {
            http.Give(connection);
        }
    }

    /// <summary>Says whose it is, and no secret.</summary>
    public override string ToString() => $"{UserId} ({ListeningKey})";
}

/// <summary>What <c>/connect</c> takes.</summary>
internal sealed record ConnectCall(string? UserId);

/// <summary>An error answer (RFC 9457) of the server.</summary>
internal sealed record Problem(string? Code, string? Detail)
{
    public static ServerRefusedException Read(HttpAnswer answer)
    {
        Problem? problem = null;
        try
        {
            problem = JsonSerializer.Deserialize(answer.Body.Span, ClientJson.Default.Problem);
        }
        catch (JsonException)
        {
            // Not SignalBroker's own answer: a proxy's, perhaps.
        }

        return new(
            answer.Status,
            problem?.Code ?? $"http-{answer.Status}",
            problem?.Detail ?? "The answer does not say why.",
            answer.RetryAfter
        );
    }
}

/// <summary>What clients and the server say to each other as JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(ConnectCall))]
[JsonSerializable(typeof(Session))]
[JsonSerializable(typeof(Problem))]
internal sealed partial class ClientJson : JsonSerializerContext;
