namespace SignalBroker.Storm.Clients;

/// <summary>How long to wait before the next attempt: at random, and longer after each failure.</summary>
public struct BackOff
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);
    private int failures;

    /// <summary>The wait after one more failure; never less than the server asks for.</summary>
    public TimeSpan Next(Exception failure) => Next((failure as Client.ServerRefusedException)?.RetryAfter);

    /// <summary>The wait after one more failure; never less than the server asks for.</summary>
    public TimeSpan Next(TimeSpan? retryAfter)
    {
        var bound = First * Math.Pow(2, Math.Min(failures, 10));
        failures++;
        var wait = (bound < Longest ? bound : Longest) * Random.Shared.NextDouble();
        return (retryAfter ?? TimeSpan.Zero) + wait;
    }
}
