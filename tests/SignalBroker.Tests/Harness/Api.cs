using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using SignalBroker.LocalCluster;

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
    /// <summary>The name under which others know it.</summary>
    public string? KnownAs { get; init; }

    /// <summary>All ways to listen that its node offers, best first.</summary>
    public IReadOnlyList<Offer> Listening { get; init; } = [];

    public AuthenticationHeaderValue Authorization =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{ListeningKey}:{Passcode}")));
}

/// <summary>A way to listen, as /connect offers it.</summary>
public sealed record Offer(string Protocol, string Address, string Subscribe, string? Send);

/// <summary>An answer of the webapp, read whole.</summary>
public sealed record Answer(HttpStatusCode Status, HttpResponseHeaders Headers, string Body)
{
    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    public string? Code => Json.GetProperty("code").GetString();

    /// <summary>What became of a signal to one session: its outcome, or the problem's code.</summary>
    public string OutcomeOrCode => Status == HttpStatusCode.OK ? Outcomes.Single().Outcome : Code!;

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
/// <param name="address">The webapp's public or internal address.</param>
/// <param name="from">The local address to call from, any of 127.0.0.0/8; the usual one when left out.</param>
/// <param name="authority">The CA of an address with TLS.</param>
public sealed class Api(string address, IPAddress? from = null, X509Certificate2? authority = null)
{
    private static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web);
    private static readonly HttpClient FromAnywhere = ClientOf(from: null, authority: null);

    private readonly HttpClient http = from is null && authority is null ? FromAnywhere : ClientOf(from, authority);

    /// <summary>What its requests go through, for WebSockets and streams to the same server.</summary>
    public HttpMessageInvoker Through => http;

    public Uri Address { get; } = new(address);

    public async Task<ConnectedSession> ConnectAsync(string? userId = null, string? device = null)
    {
        var answer = await PostAsync("/connect", new { userId, device });
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        return answer.Session;
    }

    /// <summary>Asks for a session that takes over from another one.</summary>
    public Task<Answer> TakeOverAsync(ConnectedSession predecessor, bool listens = true) =>
        PostAsync(
            "/connect",
            new
            {
                predecessor = new
                {
                    predecessor.ListeningKey,
                    predecessor.Passcode,
                    listens,
                },
            }
        );

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

    /// <summary>What an operator changes about a node; at the internal address.</summary>
    public Task<Answer> ChangeNodeAsync(string name, object change) =>
        SendAsync(
            new HttpRequestMessage(HttpMethod.Patch, $"/admin/nodes/{name}")
            {
                Content = JsonContent.Create(change, change.GetType(), options: Web),
            }
        );

    public Task<Answer> GetAsync(string path) => SendAsync(new HttpRequestMessage(HttpMethod.Get, path));

    public async Task<Answer> SendAsync(HttpRequestMessage request, AuthenticationHeaderValue? authorization = null)
    {
        using (request)
        {
            request.RequestUri = new Uri(Address, request.RequestUri!);
            request.Headers.Authorization = authorization;
            var isConnect = request.RequestUri.AbsolutePath == "/connect";
            using var response = await RequestAsync(request);
            var answer = new Answer(response.StatusCode, response.Headers, await response.Content.ReadAsStringAsync());
            if (isConnect && answer.Status == HttpStatusCode.OK)
            {
                Passcodes.Remember(JsonSerializer.Deserialize<ConnectedSession>(answer.Body, Web)!);
            }

            return answer;
        }
    }

    /// <summary>Sends a request whose answer is read while it comes.</summary>
    public Task<HttpResponseMessage> StreamAsync(HttpRequestMessage request) =>
        http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);

    // A connection that is reset as soon as it is there is an exception of its own.
    private async Task<HttpResponseMessage> RequestAsync(HttpRequestMessage request)
    {
        try
        {
            return await http.SendAsync(request);
        }
        catch (SocketException reset)
        {
            throw new HttpRequestException(reset.Message, reset);
        }
    }

    private static HttpClient ClientOf(IPAddress? from, X509Certificate2? authority)
    {
        var handler = new SocketsHttpHandler { UseProxy = false };
        if (authority is not null)
        {
            handler.AllowAutoRedirect = false;
            handler.SslOptions.CertificateChainPolicy = authority.AsOnlyTrust();
        }

        if (from is not null)
        {
            handler.ConnectCallback = async (context, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                try
                {
                    socket.Bind(new IPEndPoint(from, 0));
                    await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            };
        }

        return new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(60) };
    }
}
