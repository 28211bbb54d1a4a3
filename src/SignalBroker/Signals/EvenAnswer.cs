using System.Collections.Concurrent;

namespace SignalBroker.Signals;

/// <summary>Lets an answer that has to wait for work go at a moment that tells nothing of how long the work took.</summary>
internal sealed class EvenAnswer(TimeProvider clock)
{
    /// <summary>Between the moments at which an answer may go; storing and delivering a signal take a few milliseconds.</summary>
    public static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(50);

    private readonly ConcurrentDictionary<string, int> waiting = [];

    /// <summary>Whether an answer to the sender waits for its beat.</summary>
    public bool Keeps(string sender) => !waiting.IsEmpty && waiting.ContainsKey(sender);

    /// <summary>Does the work, and comes back at the first beat after it.</summary>
    public async Task<T> AfterAsync<T>(string sender, Func<Task<T>> doAsync)
    {
        waiting.AddOrUpdate(sender, 1, (_, count) => count + 1);
        try
        {
            // The beats are counted from before the work, so none of them depends on it.
            using var beats = new PeriodicTimer(Beat, clock);
            var work = doAsync();
            do
            {
                await beats.WaitForNextTickAsync();
            } while (!work.IsCompleted);

            return await work;
        }
        finally
        {
            Release(sender);
        }
    }

    private void Release(string sender)
    {
        while (waiting.TryGetValue(sender, out var count))
        {
            if (count == 1 ? waiting.TryRemove(new(sender, 1)) : waiting.TryUpdate(sender, count - 1, count))
            {
                return;
            }
        }
    }
}
