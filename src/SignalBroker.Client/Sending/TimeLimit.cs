namespace SignalBroker.Client.Sending;

/// <summary>How long a signal may still wait.</summary>
internal sealed class TimeLimit(TimeProvider time, TimeSpan limit)
{
    /// <summary>How long a signal may wait if its sender does not say.</summary>
    public static readonly TimeSpan Usual = TimeSpan.FromSeconds(30);

    private readonly long begun = time.GetTimestamp();

    /// <summary>Negative when the time is over.</summary>
    public TimeSpan Left => limit - time.GetElapsedTime(begun);

    /// <summary>Waits for a task as long as there is time.</summary>
    /// <exception cref="SignalNotSentException">The time is over.</exception>
    public async Task WaitAsync(Task task, CancellationToken cancellationToken)
    {
        if (!task.IsCompleted)
        {
            var left = Left;
            try
            {
                await task.WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, time, cancellationToken);
            }
            catch (TimeoutException)
            {
                throw new SignalNotSentException(
                    SignalBrokerCode.Expired,
                    $"The signal waited for its whole time to live ({limit.TotalSeconds:0.###} s)."
                );
            }
        }

        cancellationToken.ThrowIfCancellationRequested();
    }
}
