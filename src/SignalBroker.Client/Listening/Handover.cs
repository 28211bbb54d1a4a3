namespace SignalBroker.Client.Listening;

/// <summary>The end of a move: the successor listens, while the old session's listener brings the rest.</summary>
internal sealed class Handover(Listener old, Listener successor, Hold hold, Markers markers, TimeProvider time)
{
    /// <summary>How long the old socket may take to answer what was sent through it.</summary>
    public static readonly TimeSpan AnswersWithin = TimeSpan.FromSeconds(2);

    /// <summary>How long the first marker may take: a server that sends none has nothing to wait for.</summary>
    public static readonly TimeSpan FirstWithin = TimeSpan.FromSeconds(10);

    /// <summary>How long the others may take once one webapp has said it.</summary>
    public static readonly TimeSpan OthersWithin = TimeSpan.FromSeconds(2);

    private static readonly Interruption TakenOver = new(SignalBrokerCode.Closed, "Another session has taken over.");

    private readonly TaskCompletionSource answered = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when what was sent through the old socket is answered, or has had its time.</summary>
    public Task Answered => answered.Task;

    /// <summary>Waits until nothing is to be expected from the old listener any more.</summary>
    /// <param name="answers">Ends when what was sent through the old socket is answered.</param>
    public Task FinishAsync(Task answers)
    {
        // Nothing more comes from the old one, or the successor is lost as well.
        var over = Task.WhenAny(old.ListenAsync(), successor.ListenAsync());
        return Task.WhenAll(WaitForAnswersAsync(answers, over), WaitForMarkersAsync(over));
    }

    /// <summary>Closes the old listener.</summary>
    public Task CloseAsync()
    {
        answered.TrySetResult();
        return old.CloseAsync(TakenOver);
    }

    private async Task WaitForAnswersAsync(Task answers, Task over)
    {
        await WaitAsync(Task.WhenAny(answers, over), AnswersWithin);
        answered.TrySetResult();
    }

    private async Task WaitForMarkersAsync(Task over)
    {
        await WaitWhileReadAsync(markers.First, FirstWithin, over);
        if (markers.First.IsCompleted)
        {
            await WaitWhileReadAsync(markers.All, OthersWithin, over);
        }

        var taken = hold.ReleaseAsync();
        if (taken.IsFaulted)
        {
            await taken;
        }
    }

    // A marker may be behind signals for which the application leaves no room. The node bounds how long that may last.
    private async Task WaitWhileReadAsync(Task marker, TimeSpan within, Task over)
    {
        var either = Task.WhenAny(marker, over);
        do
        {
            await WaitAsync(either, within);
        } while (old.IsHeldUp && !either.IsCompleted);
    }

    private async Task WaitAsync(Task either, TimeSpan within) =>
        await either.WaitAsync(within, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
