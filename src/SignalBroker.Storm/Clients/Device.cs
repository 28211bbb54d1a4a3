using System.Text.Json;
using SignalBroker.Client;
using SignalBroker.Client.Listening;

namespace SignalBroker.Storm.Clients;

/// <summary>Receives one signal; the envelope is only valid within the call, and the call must not block.</summary>
public delegate void SignalReceived(ReadOnlyMemory<byte> envelope);

/// <summary>One user's device: a client that does not reconnect by itself, and whose socket can be cut.</summary>
public sealed class Device : IAsyncDisposable
{
    // A node closes a socket that says nothing for 60 s.
    private static readonly TimeSpan HeartBeat = TimeSpan.FromSeconds(20);

    private SignalBrokerClient client = null!;
    private IDisposable? wire;
    private volatile bool isLeaving;

    private Device() { }

    public SessionInfo Session => client.Session;

    /// <summary>What it began to listen by.</summary>
    public ListenerProtocol Protocol { get; private set; }

    /// <summary>The value of the Authorization header that proves the session.</summary>
    public string Authorization => client.GetAuthorization().ToString();

    /// <summary>Opens a session and listens, once.</summary>
    /// <exception cref="SignalBrokerException">The server or the node refused, or can't be reached.</exception>
    public static async Task<Device> ConnectOnceAsync(
        DeviceConnections connections,
        string? userId,
        SignalReceived received,
        CancellationToken cancellationToken
    )
    {
        var device = new Device();
        device.client = await SignalBrokerClient.ConnectAsync(
            new()
            {
                Url = connections.NextServer(),
                UserId = userId,
                Http =
                    connections.Protocol == ListenerProtocol.Sse
                        ? new(new StreamKeeper(connections.Http, stream => device.wire = stream))
                        : connections.Http,
                HeartBeat = HeartBeat,
                Listen = connections.Protocol.Way,
                Protocol = connections.Protocol.OfSocket,
                Reconnects = false,
                OpenSocket = async (address, token) =>
                {
                    var stream = (await connections.Sources.OpenAsync(address, token)).Stream;
                    device.wire = stream;
                    return stream;
                },
                StateChanged = state =>
                {
                    if (state is ClientState.Listening listening)
                    {
                        device.Protocol = listening.ByProtocol;
                    }
                },
                EnvelopeArrived = envelope =>
                {
                    received(envelope);
                    return true;
                },
            },
            cancellationToken
        );
        return device;
    }

    /// <summary>Opens a session and listens; after a failure that may pass, it waits and tries again with a new session.</summary>
    /// <param name="userId">Whose session it is; null for an anonymous user.</param>
    /// <param name="failed">Called with each failure that is tried again.</param>
    /// <param name="cancellationToken">Ends the waiting and the trying.</param>
    public static async Task<Device> ConnectAsync(
        DeviceConnections connections,
        string? userId,
        SignalReceived received,
        Action<Exception> failed,
        int attempts,
        CancellationToken cancellationToken
    )
    {
        var backOff = new BackOff(Random.Shared);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await ConnectOnceAsync(connections, userId, received, cancellationToken);
            }
            catch (Exception failure) when (attempt < attempts && Failures.MayPass(failure))
            {
                cancellationToken.ThrowIfCancellationRequested();
                failed(failure);
                await Task.Delay(backOff.Next(failure), TimeProvider.System, cancellationToken);
            }
        }
    }

    /// <summary>Waits until it no longer listens.</summary>
    /// <returns>The reason; null when it was asked to end.</returns>
    public async Task<Interruption?> ClosedAsync()
    {
        var reason = await client.Closed;
        return isLeaving ? null : reason;
    }

    /// <summary>Sends one signal.</summary>
    /// <param name="type">What it is about, or null.</param>
    public async Task<SendOutcome> SendAsync(Addressee to, string contentJson, string? type = null)
    {
        try
        {
            return SendOutcome.Of(await client.SendAsync(to, JsonElement.Parse(contentJson), new() { Type = type }));
        }
        catch (ServerRefusedException refused)
        {
            return new(refused.Status, 0, refused.Code, refused.RetryAfter);
        }
    }

    /// <summary>Breaks the socket without a word, as a lost network does.</summary>
    public void Cut()
    {
        isLeaving = true;
        wire?.Dispose();
    }

    /// <summary>Ends the session at the server, and the socket.</summary>
    public ValueTask DisconnectAsync()
    {
        isLeaving = true;
        return client.DisposeAsync();
    }

    /// <summary>Closes the socket, as closing a tab does; that ends the session too.</summary>
    public async ValueTask DisposeAsync()
    {
        Cut();
        await client.Closed;
        await client.DisposeAsync();
    }
}
