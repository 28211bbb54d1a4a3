using System.Collections.Concurrent;

namespace SignalBroker.Sessions;

/// <summary>Keeps answers for one to two ages, and lets callers who ask at the same time share one question.</summary>
/// <remarks>
/// There are two generations: new answers go into the young one, <see cref="Age"/> makes it the old one. So nothing
/// needs a time stamp, and nothing has to be searched for what has expired.
/// </remarks>
/// <param name="isToKeep">Whether an answer may serve later questions.</param>
internal sealed class ShortMemory<TKey, TAnswer>(Func<TKey, Task<TAnswer>> ask, Func<TAnswer, bool> isToKeep)
    where TKey : notnull
{
    private volatile ConcurrentDictionary<TKey, Lazy<Task<TAnswer>>> young = new();
    private volatile ConcurrentDictionary<TKey, Lazy<Task<TAnswer>>> old = new();

    /// <summary>The answer for a key; faults are not kept.</summary>
    /// <param name="keep">Whether a kept answer may serve, and this one may be kept.</param>
    public ValueTask<TAnswer> GetAsync(TKey key, bool keep)
    {
        if (!keep)
        {
            return new(ask(key));
        }

        if (young.TryGetValue(key, out var kept) || old.TryGetValue(key, out kept))
        {
            return new(kept.Value);
        }

        return new(AskAsync(key, young));
    }

    /// <summary>Whether an answer for the key is kept.</summary>
    public bool Keeps(TKey key) => young.ContainsKey(key) || old.ContainsKey(key);

    /// <summary>Forgets a key. A question that is under way is answered to those who wait for it and to nobody else.</summary>
    public void Forget(TKey key)
    {
        young.TryRemove(key, out _);
        old.TryRemove(key, out _);
    }

    public void Clear()
    {
        young = new();
        old = new();
    }

    /// <summary>Forgets what is older than the last call of this.</summary>
    public void Age()
    {
        old = young;
        young = new();
    }

    private async Task<TAnswer> AskAsync(TKey key, ConcurrentDictionary<TKey, Lazy<Task<TAnswer>>> generation)
    {
        var question = generation.GetOrAdd(key, static (key, ask) => new(() => ask(key)), ask);
        var isKept = false;
        try
        {
            var answer = await question.Value;
            isKept = isToKeep(answer);
            return answer;
        }
        finally
        {
            if (!isKept)
            {
                // Only this very question: a later one may already have taken its place.
                generation.TryRemove(new(key, question));
            }
        }
    }
}
