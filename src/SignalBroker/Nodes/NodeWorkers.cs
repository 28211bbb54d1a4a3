using System.Collections.Concurrent;
using System.Threading.Channels;

namespace SignalBroker.Nodes;

/// <summary>Work that waits for each node by itself, and is done in its order: a node that does not answer keeps no other's.</summary>
/// <remarks>
/// A node that has died leaves a piece of work for each of its sessions: after the first that fails, all that wait for it are
/// dropped, and it is left alone for a while.
/// </remarks>
/// <typeparam name="T">A piece of work.</typeparam>
internal sealed class NodeWorkers<T>(NodeCatalog nodes, TimeProvider clock)
{
    private const int MaxWaiting = 10_000;

    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(1);

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
    /// <param name="failed">Hears how many pieces could not be done, and why.</param>
    public Task RunAsync(
        Func<Node, T, CancellationToken, Task> doAsync,
        Action<Node, int, string> failed,
        CancellationToken cancellationToken
    ) => nodes.ForEachAsync((node, token) => RunAsync(node, doAsync, failed, token), cancellationToken);

    private async Task RunAsync(
        Node node,
        Func<Node, T, CancellationToken, Task> doAsync,
        Action<Node, int, string> failed,
        CancellationToken cancellationToken
    )
    {
        var reader = WaitingFor(node.Name).Reader;
        await foreach (var work in reader.ReadAllAsync(cancellationToken))
        {
            try
            {
                await doAsync(node, work, cancellationToken);
            }
            catch (Exception failure)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var isAway = node is { Responsive: false, Blocked: false };
                failed(node, isAway ? 1 + Drop(reader) : 1, failure.Message);
                await Task.Delay(isAway ? Rest : TimeSpan.Zero, clock, cancellationToken);
            }
        }
    }

    private static int Drop(ChannelReader<T> reader)
    {
        var dropped = 0;
        while (reader.TryRead(out _))
        {
            dropped++;
        }

        return dropped;
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
