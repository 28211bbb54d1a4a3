using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace SignalBroker.Tests.Harness;

/// <summary>A session as /connect has answered it.</summary>
public sealed record ConnectedSession(
    string UserId,
    string? Device,
    string ListeningAddress,
    string ListeningKey,
    string Passcode,
    bool Ack,
    DateTime AckBy
)
{
    public AuthenticationHeaderValue Authorization =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{ListeningKey}:{Passcode}")));
}

/// <summary>An answer of the webapp, read whole.</summary>
public sealed record Answer(HttpStatusCode Status, HttpResponseHeaders Headers, string Body)
{
    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    public string? Code => Json.GetProperty("code").GetString();

    public ConnectedSession Session => JsonSerializer.Deserialize<ConnectedSession>(Body, JsonSerializerOptions.Web)!;

    /// <summary>The outcome of each session that the signal went to.</summary>
    public IReadOnlyList<(string? Key, string Outcome)> Outcomes =>
        [
            .. Json.GetProperty("sessions")
                .EnumerateArray()
                .Select(session =>
                    (
                        session.TryGetProperty("listeningKey", out var key) ? key.GetString() : null,
                        session.GetProperty("outcome").GetString()!
                    )
                ),
        ];
}

/// <summary>The HTTP API of one webapp.</summary>
public sealed class Api(string address)
{
    private static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web);

    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false })
    {
        Timeout = TimeSpan.FromSeconds(60),
    };

    public Uri Address { get; } = new(address);

    public async Task<ConnectedSession> ConnectAsync(string? userId = null, string? device = null)
    {
        var answer = await PostAsync("/connect", new { userId, device });
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        return answer.Session;
    }

    public Task<Answer> ExchangeAsync(ConnectedSession sender, object body) =>
        PostAsync("/exchange", body, sender.Authorization);

    public Task<Answer> DisconnectAsync(ConnectedSession session) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Post, "/disconnect"), session.Authorization);

    public Task<Answer> PostAsync(string path, object body, AuthenticationHeaderValue? authorization = null) =>
        SendAsync(
            new HttpRequestMessage(HttpMethod.Post, path)
            {
                Content = JsonContent.Create(body, body.GetType(), options: Web),
            },
            authorization
        );

    public Task<Answer> PostFormAsync(
        string path,
        Dictionary<string, string> fields,
        AuthenticationHeaderValue? authorization = null
    ) =>
        SendAsync(
            new HttpRequestMessage(HttpMethod.Post, path) { Content = new FormUrlEncodedContent(fields) },
            authorization
        );

    public Task<Answer> GetAsync(string path) => SendAsync(new HttpRequestMessage(HttpMethod.Get, path));

    public async Task<Answer> SendAsync(HttpRequestMessage request, AuthenticationHeaderValue? authorization = null)
    {
        using (request)
        {
            request.RequestUri = new Uri(Address, request.RequestUri!);
            request.Headers.Authorization = authorization;
            using var response = await Http.SendAsync(request);
            return new(response.StatusCode, response.Headers, await response.Content.ReadAsStringAsync());
        }
    }
}
