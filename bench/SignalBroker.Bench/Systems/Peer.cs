using SignalBroker.Bench.Wire;
using SignalBroker.LocalCluster;

namespace SignalBroker.Bench.Systems;

/// <summary>One of the other systems, started from <c>bench/peers</c>.</summary>
public sealed class Peer : ISystem
{
    private static readonly Dictionary<string, string> InProduction = new() { ["NODE_ENV"] = "production" };
    private static readonly string Folder = Path.Combine(Repository.Root, "bench", "peers");

    private readonly ServerGroup owned;
    private readonly IReadOnlyList<Server> servers;
    private readonly NewClient newClient;

    private Peer(string name, ServerGroup group, Server[] servers, NewClient newClient, params SystemPart[] others)
    {
        (Name, owned, this.servers, this.newClient) = (name, group, servers, newClient);
        Parts = [.. servers.Select(server => new SystemPart("server", server, HoldsListeners: true)), .. others];
    }

    private delegate PeerClient NewClient(Arrivals arrivals, string userId);

    public string Name { get; }

    public IReadOnlyList<SystemPart> Parts { get; }

    public int Senders => 256;

    public bool Answers { get; private init; } = true;

    public IReadOnlyList<CallTurn> CallTurns { get; private init; } = RecordedCalls.OfSimplePeer;

    public Arrivals Arrivals { get; } = new();

    public static Task<ISystem> StartSocketIoAsync(CancellationToken cancellationToken)
    {
        var group = new ServerGroup();
        return StartAsync(new("Socket.IO", group, [SocketIoServer(group, 1)], SocketIo), cancellationToken);
    }

    /// <summary>Socket.IO in several processes, joined by its Redis adapter.</summary>
    public static Task<ISystem> StartSocketIoAsync(int processes, CancellationToken cancellationToken)
    {
        var group = new ServerGroup();
        var redis = group.Add(
            "redis",
            port => new("redis-server", "--bind", "127.0.0.1", "--port", port.ToString(), "--save", "")
        );
        Server[] relays =
        [
            .. Enumerable.Range(1, processes).Select(number => SocketIoServer(group, number, redis.Port.ToString())),
        ];
        var name = $"Socket.IO ×{processes} + Redis";
        return StartAsync(new(name, group, relays, SocketIo, new SystemPart("redis", redis)), cancellationToken);
    }

    /// <summary>The PeerJS server, of which there can only be one process.</summary>
    public static Task<ISystem> StartPeerJsAsync(CancellationToken cancellationToken)
    {
        var group = new ServerGroup();
        var server = NodeServer(group, "peerjs", "peerjs");
        var peer = new Peer("PeerJS", group, [server], (arrivals, userId) => new PeerJsClient(arrivals, userId))
        {
            Answers = false,
            CallTurns = RecordedCalls.OfPeerJs,
        };
        return StartAsync(peer, cancellationToken);
    }

    /// <summary>A SignalR hub in one process.</summary>
    public static Task<ISystem> StartSignalRAsync(CancellationToken cancellationToken)
    {
        var group = new ServerGroup();
        var output = Path.Combine(Folder, "signalr", "bin", Repository.Configuration, "net10.0");
        var program = Path.Combine(output, "SignalBroker.Bench.SignalR.dll");
        var server = group.Add("signalr", port => new("dotnet", program, "--urls", $"http://127.0.0.1:{port}"));
        return StartAsync(
            new("SignalR", group, [server], (arrivals, userId) => new SignalRClient(arrivals, userId)),
            cancellationToken
        );
    }

    /// <summary>Opens a client; a balancer gives each to one of the processes, and to the next when that one is down.</summary>
    public async Task<IClient> ListenAsync(int number, CancellationToken cancellationToken)
    {
        var server = Enumerable
            .Range(0, servers.Count)
            .Select(turn => servers[(number + turn) % servers.Count])
            .FirstOrDefault(server => server.IsRunning, servers[number % servers.Count]);
        var client = newClient(Arrivals, $"user-{number:D7}");
        await client.ListenAsync(server.Port, cancellationToken);
        return client;
    }

    public ValueTask DisposeAsync() => owned.DisposeAsync();

    private static async Task<ISystem> StartAsync(Peer peer, CancellationToken cancellationToken)
    {
        try
        {
            // Redis first: the others connect to it when they start.
            foreach (var part in peer.Parts.Reverse())
            {
                await part.Part.StartAsync(cancellationToken);
            }

            return peer;
        }
        catch
        {
            await peer.DisposeAsync();
            throw;
        }
    }

    private static SocketIoClient SocketIo(Arrivals arrivals, string userId) => new(arrivals, userId);

    private static Server SocketIoServer(ServerGroup group, int number, params string[] redisPort) =>
        NodeServer(group, $"socketio{number}", "socketio", redisPort);

    private static Server NodeServer(ServerGroup group, string name, string folder, params string[] arguments) =>
        group.Add(
            name,
            port =>
                new("node", [Path.Combine(Folder, folder, "server.js"), port.ToString(), .. arguments])
                {
                    Environment = InProduction,
                }
        );
}

/// <summary>A client of one of the other systems; one socket to one server is all that it needs.</summary>
public abstract class PeerClient(Arrivals arrivals, string userId) : SocketClient(arrivals)
{
    public override string Address => userId;

    /// <summary>Where on the server the socket is opened, with what is asked there.</summary>
    protected abstract string PathAndQuery { get; }

    /// <summary>Opens the socket of a server, and returns when the client listens.</summary>
    public Task ListenAsync(int port, CancellationToken cancellationToken) =>
        OpenAsync(new Uri($"ws://127.0.0.1:{port}{PathAndQuery}"), protocol: null, cancellationToken);
}
