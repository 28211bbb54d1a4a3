using SignalBroker.LocalCluster;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Fleet;

/// <summary>Two nodes, of which sessions move from one to the other, and two webapps.</summary>
public sealed class MoveCluster : IAsyncLifetime
{
    /// <summary>How long a session has to move.</summary>
    public static readonly TimeSpan MoveWithin = TimeSpan.FromSeconds(20);

    public Cluster Servers { get; private set; } = null!;

    public Api Admin => new(Servers.Webapps[0].InternalAddress);

    public Api ApiOf(int webapp) => new(Servers.Webapps[webapp].PublicAddress);

    public async ValueTask InitializeAsync()
    {
        Servers = await Cluster.StartAsync(
            new ClusterOptions
            {
                Nodes = 2,
                Webapps = 2,
                WebappSettings = new Dictionary<string, string>(TestCluster.Settings)
                {
                    ["Fleet:MoveWithin"] = MoveWithin.ToString("c"),
                },
            }
        );
        await Servers.AllNodesReadyAsync();
    }

    public ValueTask DisposeAsync() => Servers.DisposeAsync();

    /// <summary>Opens sessions until one is on the node.</summary>
    public async Task<ConnectedSession> ConnectOnAsync(Node node, string? userId = null, Api? api = null)
    {
        api ??= ApiOf(0);
        while (true)
        {
            var session = await api.ConnectAsync(userId);
            if (session.ListeningAddress == node.ListeningAddress)
            {
                return session;
            }

            await api.DisconnectAsync(session);
        }
    }

    /// <summary>Opens a session on the node, and listens.</summary>
    public async Task<Listener> ListenOnAsync(Node node, string? userId = null) =>
        await Listener.StartAsync(await ConnectOnAsync(node, userId));

    public async Task<Answer> ChangeAsync(Node node, string state) =>
        await Admin.ChangeNodeAsync(node.Name, new { state });

    /// <summary>Drains the node for as long as the result is not disposed.</summary>
    public async Task<IAsyncDisposable> DrainAsync(Node node)
    {
        await ChangeAsync(node, "draining");
        return new Draining(this, node);
    }

    private sealed class Draining(MoveCluster cluster, Node node) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await cluster.ChangeAsync(node, "ready");
            await cluster.Servers.AllNodesReadyAsync();
        }
    }
}
