using System.Diagnostics.CodeAnalysis;
using SignalBroker.Client.Http;

namespace SignalBroker.Client.Listening;

/// <summary>Moves a session that listens: tries until a successor has taken over, or the time is over.</summary>
/// <remarks>
/// After that the server closes the session's socket. <c>succeed</c> tries once; it returns when the move is done, and
/// throws a <see cref="SignalBrokerException"/> if the session goes on. <c>mayGoAnotherWay</c> says whether the next try
/// need not wait.
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "The source holds neither a timer nor a handle.")]
internal sealed class Move(
    ListeningSession old,
    Func<ListeningSession, Markers, CancellationToken, Task> succeed,
    Func<bool> mayGoAnotherWay,
    TimeSpan within,
    TimeProvider time
)
{
    private static readonly Interruption SuccessorLost = new(
        SignalBrokerCode.ListeningLost,
        "The session to which this one has moved was lost."
    );

    private readonly Markers markers = new();
    private readonly BackOff backOff = new(Random.Shared);
    private readonly CancellationTokenSource stopping = new();
    private readonly long begun = time.GetTimestamp();
    private volatile bool isTrying = true;
    private Task? running;

    /// <summary>Whether it moves this session, and does not wait for its end only.</summary>
    public bool Tries(ListeningSession session) => isTrying && old == session;

    public void Hear(SessionEvent moved) => markers.Hear(moved.By, moved.Of);

    /// <summary>Tries nothing more; a successor that has taken over stays.</summary>
    public void Stop() => _ = stopping.CancelAsync();

    /// <summary>Begins, without holding up the caller.</summary>
    /// <returns>Ends when nothing is under way any more.</returns>
    public Task RunAsync() => running ??= Task.Run(TryAsync);

    private async Task TryAsync()
    {
        try
        {
            while (await FailureAsync() is { } failure)
            {
                var wait = mayGoAnotherWay() ? TimeSpan.Zero : backOff.Next(failure);
                isTrying = wait < within - time.GetElapsedTime(begun);
                if (await HasMovedAsync(isTrying ? wait : Timeout.InfiniteTimeSpan))
                {
                    // Signals go to a successor that was lost before it could listen.
                    old.Listener.End(SuccessorLost);
                    return;
                }
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The session is lost, or the client is closed.
        }
    }

    private async Task<SignalBrokerException?> FailureAsync()
    {
        try
        {
            await succeed(old, markers, stopping.Token);
            return null;
        }
        catch (SignalBrokerException failure)
        {
            return failure;
        }
    }

    private async Task<bool> HasMovedAsync(TimeSpan wait)
    {
        await markers
            .First.WaitAsync(wait, time, stopping.Token)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stopping.Token.ThrowIfCancellationRequested();
        return markers.First.IsCompleted;
    }
}
