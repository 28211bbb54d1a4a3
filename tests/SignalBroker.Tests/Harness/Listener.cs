using System.Text.Json;

namespace SignalBroker.Tests.Harness;

/// <summary>A user's device that listens, as a browser does: /connect, socket, CONNECT, SUBSCRIBE, receipt.</summary>
public sealed class Listener : IAsyncDisposable
{
    public Listener(ConnectedSession session, StompSocket socket) => (Session, Socket) = (session, socket);

    public ConnectedSession Session { get; }

    public StompSocket Socket { get; }

    public string Key => Session.ListeningKey;

    public static async Task<Listener> StartAsync(Api api, string? userId = null, string? device = null)
    {
        var session = await api.ConnectAsync(userId, device);
        return await StartAsync(session);
    }

    public static Task<Listener> StartAsync(ConnectedSession session) =>
        StartAsync(session, session.ListeningKey, session.Passcode);

    public static async Task<Listener> StartAsync(ConnectedSession session, string login, string passcode)
    {
        var socket = await StompSocket.OpenAsync(session.ListeningAddress);
        await socket.ConnectAsync(login, passcode);
        await socket.ExpectAsync("CONNECTED");
        await socket.ListenAsync(session.ListeningKey);
        await socket.ExpectAsync("RECEIPT");
        return new(session, socket);
    }

    /// <summary>The next signal's envelope.</summary>
    public async Task<JsonElement> ReceiveAsync()
    {
        var frame = await Socket.ExpectAsync("MESSAGE");
        return JsonDocument.Parse(frame.Body).RootElement;
    }

    /// <summary>Sends a signal through the socket.</summary>
    public Task SendAsync(object body) => SendAsync(JsonSerializer.Serialize(body));

    /// <inheritdoc cref="SendAsync(object)" />
    public Task SendAsync(string body) => SendAsync(body, ("user-id", Key));

    /// <summary>Sends through the socket with headers of the test's own choice.</summary>
    public Task SendAsync(string body, params (string Name, string Value)[] headers) =>
        Socket.SendAsync("SEND", [("destination", $"/exchange/signals/{Key}"), .. headers], body);

    public ValueTask DisposeAsync() => Socket.DisposeAsync();
}
