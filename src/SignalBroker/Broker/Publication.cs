namespace SignalBroker.Broker;

/// <summary>One publish and, sooner or later, its outcome.</summary>
/// <remarks>
/// Who waits for it goes on at once, on the thread that reads the broker's answers: they must not block it.
/// </remarks>
/// <param name="queue">The queue's name.</param>
/// <param name="body">What is delivered.</param>
/// <param name="timeToLive">How long it may wait in the queue; null for the queue's own limit.</param>
/// <param name="mandatory">Whether the broker says when there is no such queue.</param>
/// <param name="since">When it was asked for, by the clock's time stamp.</param>
public sealed class Publication(
    string queue,
    ReadOnlyMemory<byte> body,
    TimeSpan? timeToLive,
    bool mandatory,
    long since
) : TaskCompletionSource<PublishOutcome>
{
    public string Queue { get; } = queue;
    public ReadOnlyMemory<byte> Body { get; private set; } = body;
    public TimeSpan? TimeToLive { get; } = timeToLive;
    public bool Mandatory { get; } = mandatory;
    public long Since { get; } = since;
    public bool Returned { get; set; }

    /// <summary>Takes the broker's answer.</summary>
    public void Settle(PublishOutcome outcome)
    {
        Body = default;
        TrySetResult(Returned ? PublishOutcome.NotListening : outcome);
    }
}
