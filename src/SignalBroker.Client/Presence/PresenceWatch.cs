using System.Text;

namespace SignalBroker.Client;

/// <summary>One who watches some users' presence: for each of them only the newest word waits to be read.</summary>
internal sealed class PresenceWatch(IEnumerable<string> users)
{
    private readonly Lock changing = new();
    private readonly Dictionary<string, Presence?> told = users
        .Select(AsSent)
        .Distinct()
        .ToDictionary(user => user, _ => (Presence?)null);
    private readonly Dictionary<string, Presence> news = [];
    private TaskCompletionSource? waiting;
    private bool hasEnded;
    private Exception? failure;

    /// <summary>Whom it watches.</summary>
    public IReadOnlyCollection<string> Users => told.Keys;

    /// <summary>Whether the server has agreed to it.</summary>
    public bool IsAgreed { get; set; }

    /// <summary>Hears of somebody's presence.</summary>
    public void Tell(Presence presence)
    {
        lock (changing)
        {
            // What is told and what is answered may overtake each other.
            if (
                told.TryGetValue(presence.UserId, out var before)
                && ((news.GetValueOrDefault(presence.UserId) ?? before) is not { } last || last.AsOf <= presence.AsOf)
            )
            {
                news[presence.UserId] = presence;
                waiting?.TrySetResult();
            }
        }
    }

    /// <summary>No more comes.</summary>
    /// <param name="why">What is wrong; null if nothing is.</param>
    public void End(Exception? why)
    {
        lock (changing)
        {
            (hasEnded, failure) = (true, why);
            waiting?.TrySetResult();
        }
    }

    /// <summary>Waits for what differs from what was told before.</summary>
    /// <returns>That; null when no more comes.</returns>
    public async Task<IReadOnlyList<Presence>?> NextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task next;
            lock (changing)
            {
                var changed = news.Values.Where(presence => !presence.IsNoNewsAfter(told[presence.UserId])).ToList();
                foreach (var presence in news.Values)
                {
                    told[presence.UserId] = presence;
                }

                news.Clear();
                if (changed.Count > 0)
                {
                    return changed;
                }

                if (hasEnded)
                {
                    return failure is null ? null : throw failure;
                }

                waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);
                next = waiting.Task;
            }

            await next.WaitAsync(cancellationToken);
        }
    }

    // As the server writes names: in Unicode's form C, and without half surrogate pairs, which JSON can't hold.
    private static string AsSent(string user) =>
        Ascii.IsValid(user) ? user : string.Concat(user.EnumerateRunes()).Normalize();
}
