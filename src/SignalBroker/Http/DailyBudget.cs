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
    where TKey : notnull;

/// <summary>What holds for every daily budget.</summary>
internal static class DailyBudget
{
    /// <summary>One part of this many can be used at once.</summary>
    public const int Parts = 8;

    /// <summary>The most that can be used within any one day: a full budget, and what comes in.</summary>
    public static long MaxPerDay(long perDay) => perDay + Math.Max(1, perDay / Parts);
}
