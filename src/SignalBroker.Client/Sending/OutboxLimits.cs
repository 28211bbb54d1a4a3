namespace SignalBroker.Client.Sending;

/// <summary>How many signals may wait, and for how long.</summary>
internal static class OutboxLimits
{
    /// <summary>How many signals may wait while nothing listens.</summary>
    public const int MaxWaiting = 100;

    /// <summary>How long a signal may wait if its sender does not say.</summary>
    public static readonly TimeSpan UsualTimeToLive = TimeSpan.FromSeconds(30);
}
