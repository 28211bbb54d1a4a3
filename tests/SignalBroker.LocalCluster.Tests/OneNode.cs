using System.Threading.Channels;

namespace SignalBroker.LocalCluster.Tests;

/// <summary>A cluster of one node and PostgreSQL, shared by the tests of one class.</summary>
public sealed class OneNode : IAsyncLifetime
{
    private readonly Channel<Part> _died = Channel.CreateUnbounded<Part>();

    public Cluster Cluster { get; private set; } = null!;

    /// <summary>The parts that ended although nobody asked them to, in that order.</summary>
    public ChannelReader<Part> Died => _died.Reader;

    public async ValueTask InitializeAsync() =>
        Cluster = await Cluster.StartAsync(
            new ClusterOptions
            {
                Nodes = 1,
                Webapps = 0,
                ProxiedNodes = true,
                PartDied = part => _died.Writer.TryWrite(part),
            }
        );

    public ValueTask DisposeAsync() => Cluster.DisposeAsync();
}
