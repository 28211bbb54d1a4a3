using System.Diagnostics;

namespace SignalBroker.Showcase.Rollouts;

/// <summary>A signal of a rollout, from the moment that it is sent.</summary>
/// <param name="act">In which act it is sent.</param>
/// <param name="isStored">Whether it is kept until its addressee has settled it.</param>
internal sealed class Letter(int act, bool isStored)
{
    private int times;

    public int Act { get; } = act;

    public bool IsStored { get; } = isStored;

    public long SentAt { get; } = Stopwatch.GetTimestamp();

    /// <summary>When it came first; 0 until then.</summary>
    public long ReceivedAt { get; private set; }

    /// <summary>Whether its sender was told that it will come.</summary>
    public bool IsConfirmed { get; set; }

    /// <summary>Why its sender was told that it did not; null if there was nothing of that kind.</summary>
    public string? Failure { get; set; }

    /// <summary>Whether a later one of its sender came before it.</summary>
    public bool WasOvertaken { get; private set; }

    public bool IsReceived => ReceivedAt != 0;

    public bool IsLost => IsConfirmed && !IsReceived;

    public bool IsDoubled => times > 1;

    public TimeSpan Latency => Stopwatch.GetElapsedTime(SentAt, ReceivedAt);

    /// <summary>Notes that it has come; one addressee's come one after the other.</summary>
    public void Receive(bool wasOvertaken)
    {
        if (++times == 1)
        {
            (ReceivedAt, WasOvertaken) = (Stopwatch.GetTimestamp(), wasOvertaken);
        }
    }
}
