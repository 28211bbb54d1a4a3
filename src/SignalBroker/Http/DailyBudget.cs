namespace SignalBroker.Http;

/// <summary>
/// What each key may use in a day, at this webapp and since it started: an eighth of it at once, and the rest as the
/// day goes by.
/// </summary>
/// <remarks>It is in memory, so it costs no database query, and each further webapp allows as much again.</remarks>
internal sealed class DailyBudget<TKey>(long perDay, TimeProvider clock)
    : TokenBuckets<TKey>(
        perDay / TimeSpan.FromDays(1).TotalSeconds,
        Math.Max(1, (double)perDay / DailyBudget.Parts),
        clock
    )
    where TKey : notnull
{
    /// <summary>Takes one for something that may fail or come to nothing.</summary>
    public Reservation Reserve(TKey key) => new(Take(key), () => GiveBack(key));
}

/// <summary>What was taken from a budget, and is given back unless it is kept.</summary>
internal sealed class Reservation(TimeSpan? wait, Action giveBack) : IDisposable
{
    private bool isTaken = wait is null;

    /// <summary>Null if the budget had it; otherwise how long until it will.</summary>
    public TimeSpan? Wait => wait;

    /// <summary>Keeps it, because it has been used.</summary>
    public void Keep() => isTaken = false;

    public void Dispose()
    {
        if (isTaken)
        {
            isTaken = false;
            giveBack();
        }
    }
}

/// <summary>What holds for every daily budget.</summary>
internal static class DailyBudget
{
    /// <summary>One part of this many can be used at once.</summary>
    public const int Parts = 8;

    /// <summary>The most that can be used within any one day: a full budget, and what comes in.</summary>
    public static long MaxPerDay(long perDay) => perDay + Math.Max(1, perDay / Parts);
}
