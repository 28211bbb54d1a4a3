namespace SignalBroker.Client.Listening;

/// <summary>How long to wait before the next attempt: exponential with full jitter.</summary>
/// <remarks>So clients that have lost the same node do not come back in lockstep.</remarks>
internal sealed class BackOff(Random random)
{
    public static readonly TimeSpan First = TimeSpan.FromSeconds(0.5);
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(15);

    private const int Doublings = 10;

    private int failures;

    /// <summary>The wait after one more failure: at random, from 0 up to a bound that doubles.</summary>
    /// <param name="asked">How long the server has asked to wait in addition, if it has.</param>
    public TimeSpan Next(TimeSpan? asked = null)
    {
        var bound = First * (1 << Math.Min(failures, Doublings));
        failures++;
        return (asked ?? TimeSpan.Zero) + ((bound < Longest ? bound : Longest) * random.NextDouble());
    }

    public TimeSpan Next(Exception failure) => Next(AskedBy(failure));

    public void Reset() => failures = 0;

    /// <summary>How long the server has asked to wait, if it has.</summary>
    public static TimeSpan? AskedBy(Exception failure) =>
        ((failure as ServerRefusedException) ?? (failure.InnerException as ServerRefusedException))?.RetryAfter;
}
