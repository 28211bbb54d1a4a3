using System.Diagnostics.CodeAnalysis;

namespace SignalBroker.Client.Sending;

/// <summary>How long a signal may still wait.</summary>
[SuppressMessage("Performance", "CA1815", Justification = "Nobody compares it.")]
internal readonly struct TimeLimit(TimeProvider time, TimeSpan limit)
{
    private readonly long begun = time.GetTimestamp();

    /// <summary>What is left of it; negative when it is over.</summary>
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

    /// <inheritdoc cref="WaitAsync(Task, CancellationToken)"/>
    public async Task<T> WaitAsync<T>(Task<T> task, CancellationToken cancellationToken)
    {
        await WaitAsync((Task)task, cancellationToken);
        return await task;
    }
}
