using System.Threading.Tasks.Sources;

namespace SignalBroker.Bench.Wire;

/// <summary>The answer that one sender waits for; it is used again for each signal.</summary>
public sealed class Answer : IValueTaskSource<bool>
{
    private ManualResetValueTaskSourceCore<bool> source;
    private int waiting;

    /// <summary>Begins to wait: true when the signal was accepted, false when it was refused or nobody answers any more.</summary>
    public ValueTask<bool> WaitAsync()
    {
        source.Reset();
        Volatile.Write(ref waiting, 1);
        return new(this, source.Version);
    }

    /// <summary>Answers; does nothing when nobody waits.</summary>
    public void Complete(bool accepted)
    {
        if (Interlocked.Exchange(ref waiting, 0) == 1)
        {
            source.SetResult(accepted);
        }
    }

    bool IValueTaskSource<bool>.GetResult(short token) => source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => source.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(
        Action<object?> continuation,
        object? state,
        short token,
        ValueTaskSourceOnCompletedFlags flags
    ) => source.OnCompleted(continuation, state, token, flags);
}
