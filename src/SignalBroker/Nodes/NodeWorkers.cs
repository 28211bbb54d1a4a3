using System.Collections.Concurrent;
using System.Threading.Channels;

namespace SignalBroker.Nodes;

/// <summary>Work that waits for each node by itself, and is done in its order: a node that does not answer keeps no other's.</summary>
/// <typeparam name="T">A piece of work.</typeparam>
internal sealed class NodeWorkers<T>(NodeCatalog nodes)
{
    private const int MaxWaiting = 10_000;

    private readonly ConcurrentDictionary<string, Channel<T>> waiting = new();

    /// <summary>Has it done soon; what is too much is dropped, and what no node waits for.</summary>
    public void Add(string node, T work)
    {
        if (nodes.TryGet(node, out _))
        {
            WaitingFor(node).Writer.TryWrite(work);
        }
    }

    /// <summary>Works until cancelled.</summary>
    /// <param name="failed">Hears of a piece that could not be done, and why.</param>
    public Task RunAsync(
        Func<Node, T, CancellationToken, Task> doAsync,
        Action<Node, T, string> failed,
        CancellationToken cancellationToken
    ) => nodes.ForEachAsync((node, token) => RunAsync(node, doAsync, failed, token), cancellationToken);

    private async Task RunAsync(
        Node node,
        Func<Node, T, CancellationToken, Task> doAsync,
        Action<Node, T, string> failed,
        CancellationToken cancellationToken
    )
    {
        await foreach (var work in WaitingFor(node.Name).Reader.ReadAllAsync(cancellationToken))
        {
            try
            {
                await doAsync(node, work, cancellationToken);
            }
            catch (Exception failure)
            {
                cancellationToken.ThrowIfCancellationRequested();
                failed(node, work, failure.Message);
            }
        }
    }

    private Channel<T> WaitingFor(string node) =>
        waiting.GetOrAdd(
            node,
            _ =>
                Channel.CreateBounded<T>(
                    new BoundedChannelOptions(MaxWaiting) { FullMode = BoundedChannelFullMode.DropWrite }
                )
        );
}
