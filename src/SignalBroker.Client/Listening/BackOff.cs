namespace SignalBroker.Client.Listening;

/// <summary>How long to wait before the next attempt: exponential with full jitter.</summary>
/// <remarks>So clients that have lost the same node do not come back in step.</remarks>
internal sealed class BackOff(Random random)
{
    public static readonly TimeSpan First = TimeSpan.FromSeconds(0.5);
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(15);

    private const int Doublings = 10;

    private int failures;

    /// <summary>The wait after one more failure: at random, from 0 up to a bound that doubles.</summary>
    public TimeSpan Next()
    {
        var bound = First * (1 << Math.Min(failures, Doublings));
        failures++;
        return (bound < Longest ? bound : Longest) * random.NextDouble();
    }

    /// <summary>It went well.</summary>
    public void Reset() => failures = 0;
}
