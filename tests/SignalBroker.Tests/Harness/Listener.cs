using System.Text;
using System.Text.Json;

namespace SignalBroker.Tests.Harness;

/// <summary>A user's device that listens, as a browser does: /connect, socket, login, subscription.</summary>
/// <remarks>
/// The environment variable LISTENING names the protocol, <c>stomp</c> or <c>mqtt</c>, so that each test holds for both; with
/// <c>both</c> they take turns.
/// </remarks>
public sealed class Listener : IAsyncDisposable
{
    private static readonly string? Protocol = Environment.GetEnvironmentVariable("LISTENING");

    private static int last;

    private readonly IListenerSocket socket;

    public Listener(ConnectedSession session, IListenerSocket socket) => (Session, this.socket) = (session, socket);

    /// <summary>Whether the next listener speaks MQTT, unless a test says otherwise.</summary>
    public static bool NextByMqtt() =>
        Protocol == "mqtt" || Protocol == "both" && Interlocked.Increment(ref last) % 2 == 0;

    public ConnectedSession Session { get; }

    /// <summary>The raw STOMP socket of a listener that speaks STOMP by the test's own wish.</summary>
    public StompSocket Socket => (StompSocket)socket;

    public string Key => Session.ListeningKey;

    /// <summary>Ends when the other side has closed the socket, or the connection is lost.</summary>
    public Task Closed => socket.Closed;

    /// <summary>Everything that has arrived, to the letter.</summary>
    public string Transcript
    {
        get
        {
            lock (socket.Transcript)
            {
                return socket.Transcript.ToString();
            }
        }
    }

    public static async Task<Listener> StartAsync(Api api, string? userId = null, string? device = null) =>
        await StartAsync(await api.ConnectAsync(userId, device));

    public static async Task<Listener> StartAsync(ConnectedSession session) =>
        NextByMqtt() ? await StartMqttAsync(session) : await StartStompAsync(session);

    public static async Task<Listener> StartMqttAsync(ConnectedSession session)
    {
        var opened = await MqttSocket.OpenAsync(session);
        opened.ShouldNotBeNull("the node has refused the login");
        (await opened.SubscribeAsync(MqttSocket.OfferOf(session).Subscribe)).ShouldBeTrue();
        return new(session, opened);
    }

    public static async Task<Listener> StartStompAsync(Api api, string? userId = null, string? device = null) =>
        await StartStompAsync(await api.ConnectAsync(userId, device));

    public static Task<Listener> StartStompAsync(ConnectedSession session) =>
        StartStompAsync(session, session.ListeningKey, session.Passcode);

    public static Task<Listener> StartStompAsync(ConnectedSession session, HttpMessageInvoker through) =>
        StartStompAsync(session, session.ListeningKey, session.Passcode, through);

    public static async Task<Listener> StartStompAsync(
        ConnectedSession session,
        string login,
        string passcode,
        HttpMessageInvoker? through = null
    )
    {
        var opened = await StompSocket.OpenAsync(session.ListeningAddress, through);
        await opened.ConnectAsync(login, passcode);
        await opened.ExpectAsync("CONNECTED");
        await opened.ListenAsync(session.ListeningKey);
        await opened.ExpectAsync("RECEIPT");
        return new(session, opened);
    }

    /// <summary>The next signal's envelope.</summary>
    public async Task<JsonElement> ReceiveAsync()
    {
        var envelope = await socket.ReceiveAsync();
        envelope.ShouldNotBeNull("the socket closed while a signal was expected");
        return JsonElement.Parse(envelope);
    }

    /// <summary>The next signal's envelope; null when the socket has closed.</summary>
    public async Task<JsonElement?> TryReceiveAsync(TimeSpan patience) =>
        await socket.ReceiveAsync(patience) is { } envelope ? JsonElement.Parse(envelope) : null;

    /// <summary>The envelopes that have arrived and were not read yet.</summary>
    public IReadOnlyList<string> Arrived() => socket.ArrivedEnvelopes();

    /// <summary>Sends a signal through the socket.</summary>
    public Task SendAsync(object body) => SendAsync(JsonSerializer.Serialize(body));

    /// <inheritdoc cref="SendAsync(object)" />
    public Task SendAsync(string body) => socket.SendSignalAsync(Session, body);

    /// <summary>Sends through a STOMP socket with headers of the test's own choice.</summary>
    public Task SendAsync(string body, params (string Name, string Value)[] headers) =>
        Socket.SendAsync("SEND", [("destination", $"/exchange/signals/{Key}"), .. headers], body);

    /// <summary>Breaks the connection without a word, as a lost network does.</summary>
    public void Abort() => socket.Abort();

    public ValueTask DisposeAsync() => socket.DisposeAsync();
}
