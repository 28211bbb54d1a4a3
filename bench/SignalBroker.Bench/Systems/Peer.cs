using SignalBroker.Bench.Wire;
using SignalBroker.LocalCluster;

namespace SignalBroker.Bench.Systems;

/// <summary>One of the other systems, started from <c>bench/peers</c>.</summary>
public sealed class Peer : ISystem
{
    private readonly ServerGroup group;
    private readonly IReadOnlyList<Server> servers;
    private readonly Func<Peer, Server, int, CancellationToken, Task<IClient>> listen;

    private Peer(
        string name,
        ServerGroup group,
        IReadOnlyList<Server> servers,
        Server? redis,
        Func<Peer, Server, int, CancellationToken, Task<IClient>> listen
    )
    {
        (Name, this.group, this.servers, this.listen) = (name, group, servers, listen);
        Parts =
        [
            .. servers.Select(server => new SystemPart("server", server, HoldsListeners: true)),
            .. redis is null ? (SystemPart[])[] : [new("redis", redis)],
        ];
    }

    public string Name { get; }

    public IReadOnlyList<SystemPart> Parts { get; }

    public int Senders => 256;

    public bool Answers { get; private init; } = true;

    public Arrivals Arrivals { get; } = new();

    private static IReadOnlyDictionary<string, string> InProduction { get; } =
        new Dictionary<string, string> { ["NODE_ENV"] = "production" };

    private static string Folder => Path.Combine(Repository.Root, "bench", "peers");

    public static Task<ISystem> StartSocketIoAsync(CancellationToken cancellationToken)
    {
        var own = new ServerGroup();
        return StartAsync(
            new("Socket.IO", own, [SocketIoServer(own, 1, redis: null)], redis: null, ListenToSocketIoAsync),
            cancellationToken
        );
    }

    /// <summary>Socket.IO in several processes, joined by its Redis adapter.</summary>
    public static Task<ISystem> StartSocketIoAsync(int processes, CancellationToken cancellationToken)
    {
        var own = new ServerGroup();
        var redis = own.Add(
            "redis",
            port => new("redis-server", "--bind", "127.0.0.1", "--port", port.ToString(), "--save", "")
        );
        Server[] relays = [.. Enumerable.Range(1, processes).Select(number => SocketIoServer(own, number, redis))];
        return StartAsync(
            new($"Socket.IO ×{processes} + Redis", own, relays, redis, ListenToSocketIoAsync),
            cancellationToken
        );
    }

    /// <summary>The PeerJS server, of which there can only be one process.</summary>
    public static Task<ISystem> StartPeerJsAsync(CancellationToken cancellationToken)
    {
        var own = new ServerGroup();
        var server = own.Add(
            "peerjs",
            port =>
                new("node", Path.Combine(Folder, "peerjs", "server.js"), port.ToString()) { Environment = InProduction }
        );
        return StartAsync(
            new("PeerJS", own, [server], redis: null, ListenToPeerJsAsync) { Answers = false },
            cancellationToken
        );
    }

    /// <summary>A SignalR hub in one process.</summary>
    public static Task<ISystem> StartSignalRAsync(CancellationToken cancellationToken)
    {
        var own = new ServerGroup();
        var program = Path.Combine(
            Folder,
            "signalr",
            "bin",
            Repository.Configuration,
            "net10.0",
            "SignalBroker.Bench.SignalR.dll"
        );
        var server = own.Add("signalr", port => new("dotnet", program, "--urls", $"http://127.0.0.1:{port}"));
        return StartAsync(new("SignalR", own, [server], redis: null, ListenToSignalRAsync), cancellationToken);
    }

    /// <summary>Opens a client; a balancer gives each to one of the processes, and to the next when that one is down.</summary>
    public Task<IClient> ListenAsync(int number, CancellationToken cancellationToken)
    {
        var server = Enumerable
            .Range(0, servers.Count)
            .Select(turn => servers[(number + turn) % servers.Count])
            .FirstOrDefault(server => server.IsRunning, servers[number % servers.Count]);
        return listen(this, server, number, cancellationToken);
    }

    public ValueTask DisposeAsync() => group.DisposeAsync();

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

    private static Server SocketIoServer(ServerGroup group, int number, Server? redis) =>
        group.Add(
            $"socketio{number}",
            port =>
            {
                string[] ports = redis is null ? [port.ToString()] : [port.ToString(), redis.Port.ToString()];
                return new("node", [Path.Combine(Folder, "socketio", "server.js"), .. ports])
                {
                    Environment = InProduction,
                };
            }
        );

    private static async Task<IClient> ListenToSocketIoAsync(
        Peer peer,
        Server server,
        int number,
        CancellationToken cancellationToken
    )
    {
        var client = new SocketIoClient(peer.Arrivals, NameOf(number));
        await client.ListenAsync(server.Port, cancellationToken);
        return client;
    }

    private static async Task<IClient> ListenToPeerJsAsync(
        Peer peer,
        Server server,
        int number,
        CancellationToken cancellationToken
    )
    {
        var client = new PeerJsClient(peer.Arrivals, NameOf(number));
        await client.ListenAsync(server.Port, cancellationToken);
        return client;
    }

    private static async Task<IClient> ListenToSignalRAsync(
        Peer peer,
        Server server,
        int number,
        CancellationToken cancellationToken
    )
    {
        var client = new SignalRClient(peer.Arrivals, NameOf(number));
        await client.ListenAsync(server.Port, cancellationToken);
        return client;
    }

    private static string NameOf(int number) => $"user-{number:D7}";
}
