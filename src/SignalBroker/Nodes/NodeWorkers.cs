using System.Threading.Channels;

namespace SignalBroker.Nodes;

/// <summary>Work that waits for each node by itself, and is done in its order: a node that does not answer keeps no other's.</summary>
/// <typeparam name="T">A piece of work.</typeparam>
internal sealed class NodeWorkers<T>(NodeCatalog nodes)
{
    private const int MaxWaiting = 10_000;

    private readonly Dictionary<string, Channel<T>> waiting = nodes.Nodes.ToDictionary(
        node => node.Name,
        _ =>
            Channel.CreateBounded<T>(
                new BoundedChannelOptions(MaxWaiting) { FullMode = BoundedChannelFullMode.DropWrite }
            )
    );

    /// <summary>Has it done soon; what is too much is dropped, and what no node waits for.</summary>
    public void Add(string node, T work)
    {
        if (waiting.TryGetValue(node, out var worker))
        {
            worker.Writer.TryWrite(work);
        }
    }

    /// <summary>Works until cancelled.</summary>
    /// <param name="failed">Hears of a piece that could not be done, and why.</param>
    public Task RunAsync(
        Func<Node, T, CancellationToken, Task> doAsync,
        Action<Node, T, string> failed,
        CancellationToken cancellationToken
    ) => Task.WhenAll(nodes.Nodes.Select(node => RunAsync(node, doAsync, failed, cancellationToken)));

    private async Task RunAsync(
        Node node,
        Func<Node, T, CancellationToken, Task> doAsync,
        Action<Node, T, string> failed,
        CancellationToken cancellationToken
    )
    {
        await foreach (var work in waiting[node.Name].Reader.ReadAllAsync(cancellationToken))
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
}
