using System.Collections.Concurrent;

namespace SignalBroker.Exchange;

/// <summary>The sessions that were closed for flooding: what they had sent before that is dropped without a look.</summary>
internal sealed class ClosedSenders(TimeProvider clock)
{
    // Signals wait on a node for half as long.
    private static readonly TimeSpan Remembered = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, long> closedAt = new();

    /// <summary>Whether the session was closed a short while ago.</summary>
    public bool Contains(string listeningKey) => closedAt.TryGetValue(listeningKey, out var since) && !IsOld(since);

    /// <summary>Adds a session that is about to be closed.</summary>
    public void Add(string listeningKey)
    {
        foreach (var entry in closedAt)
        {
            if (IsOld(entry.Value))
            {
                closedAt.TryRemove(entry);
            }
        }

        closedAt[listeningKey] = clock.GetTimestamp();
    }

    private bool IsOld(long since) => clock.GetElapsedTime(since) >= Remembered;
}
