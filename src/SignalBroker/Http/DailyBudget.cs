namespace SignalBroker.Http;

/// <summary>
/// What each key may use up in a day, at this webapp and since its start: an eighth of it at once, and the rest as the day
/// goes by.
/// </summary>
/// <remarks>
/// It is kept in memory, so it costs no look at the database, and the installation as a whole allows as many times as much
/// as it has webapps.
/// </remarks>
internal sealed class DailyBudget<TKey>(long perDay, TimeProvider clock)
    where TKey : notnull
{
    private readonly TokenBuckets<TKey> buckets = new(
        perDay / TimeSpan.FromDays(1).TotalSeconds,
        Math.Max(1, (double)perDay / DailyBudget.Parts),
        clock
    );

    /// <summary>Takes so much out of the key's budget; null if it had it, otherwise how long until it has.</summary>
    public TimeSpan? Take(TKey key, long amount = 1) => buckets.Take(key, amount);

    /// <summary>Puts back what was taken for nothing.</summary>
    public void GiveBack(TKey key, long amount = 1) => buckets.GiveBack(key, amount);

    /// <summary>Takes one for something that may fail or come to nothing.</summary>
    public Reservation Reserve(TKey key) => new(Take(key), () => GiveBack(key));
}

/// <summary>What was taken out of a budget, and is put back unless it is kept.</summary>
/// <param name="wait">Null if the budget had it; otherwise how long until it has.</param>
internal sealed class Reservation(TimeSpan? wait, Action giveBack) : IDisposable
{
    private bool isTaken = wait is null;

    /// <summary>Null if the budget had it; otherwise how long until it has.</summary>
    public TimeSpan? Wait => wait;

    /// <summary>Counts it: what it was taken for is there.</summary>
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
    /// <summary>The part of a budget that can be used at once.</summary>
    public const int Parts = 8;

    /// <summary>The most that can be used within any one day: what a full budget holds, and what comes in.</summary>
    public static long MaxPerDay(long perDay) => perDay + Math.Max(1, perDay / Parts);
}
