using System.Collections.Concurrent;

namespace SignalBroker.Broker;

/// <summary>The place of a publish among the others to its queue.</summary>
internal enum PublishOrder
{
    /// <summary>In the order of the signals to a session: not behind the last one.</summary>
    Usual,

    /// <summary>The last one: the session has been succeeded, and what comes behind it goes to its successor.</summary>
    Last,

    /// <summary>It belongs to no order, such as an answer to what came through the session's own socket.</summary>
    Free,
}

/// <summary>The queues of a node to which this webapp has published the last signal.</summary>
/// <remarks>
/// Who looked a session up before it was succeeded may publish after that. It is the writer of the channel that knows what
/// came first.
/// </remarks>
internal sealed class MovedQueues(TimeProvider clock)
{
    // By then nobody holds an old session any more, and the queue is gone.
    private static readonly TimeSpan KeptFor = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, long> closed = new();
    private volatile int count;

    /// <summary>Nothing is to be published to this queue any more.</summary>
    public void Add(string queue)
    {
        closed[queue] = clock.GetTimestamp();
        foreach (var (other, since) in closed)
        {
            if (clock.GetElapsedTime(since) > KeptFor)
            {
                closed.TryRemove(other, out _);
            }
        }

        count = closed.Count;
    }

    /// <summary>Whether it would be wrong to publish this.</summary>
    public bool Refuses(Publication publication) =>
        count > 0
        && publication.Order == PublishOrder.Usual
        && (
            publication.Copies is { } copies
                ? Array.Exists(copies, closed.ContainsKey)
                : closed.ContainsKey(publication.Queue)
        );
}
