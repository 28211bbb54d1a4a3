using System.Threading.Tasks.Sources;
using Microsoft.Extensions.ObjectPool;

namespace SignalBroker.Broker;

/// <summary>One publish and, sooner or later, its outcome.</summary>
/// <remarks>
/// Who waits for it goes on at once, on the thread that reads the broker's answers: they must not block it. It is used
/// again for another publish, but only when all of its holders have let go of it: so a confirm that comes late, after the
/// sender was told that the outcome is unknown, can't be taken for another one's.
/// </remarks>
internal sealed class Publication : IValueTaskSource<PublishOutcome>
{
    // Where it waits to be written and confirmed, where it waits to be overdue, and who awaits its outcome.
    private const int Holders = 3;
    private const int MaxKept = 4096;

    private static readonly DefaultObjectPool<Publication> Pool = new(
        new DefaultPooledObjectPolicy<Publication>(),
        MaxKept
    );

    private ManualResetValueTaskSourceCore<PublishOutcome> source;
    private int settled;
    private int holders;

    /// <summary>The queue's name, or with <see cref="Copies"/> a key that leads nowhere.</summary>
    public string Queue { get; private set; } = "";

    /// <summary>The queues that get a copy each; null when it goes to the one queue.</summary>
    public string[]? Copies { get; private set; }

    /// <summary>What is delivered; empty when it is not needed any more.</summary>
    public ReadOnlyMemory<byte> Body { get; private set; }

    /// <summary>How long it may wait in the queue; null for the queue's own limit.</summary>
    public TimeSpan? TimeToLive { get; private set; }

    /// <summary>Whether the broker says when there is no such queue.</summary>
    public bool Mandatory { get; private set; }

    /// <summary>Its place among the others to the queue.</summary>
    public PublishOrder Order { get; private set; }

    /// <summary>When it was asked for, by the clock's time stamp.</summary>
    public long Since { get; private set; }

    /// <summary>Whether the broker has sent it back.</summary>
    public bool Returned { get; set; }

    /// <summary>Whether there is an outcome.</summary>
    public bool IsSettled => Volatile.Read(ref settled) != 0;

    /// <summary>The outcome; to be awaited once.</summary>
    public ValueTask<PublishOutcome> Outcome => new(this, source.Version);

    /// <summary>A publish that nothing has become of yet.</summary>
    public static Publication Rent(
        string queue,
        ReadOnlyMemory<byte> body,
        TimeSpan? timeToLive,
        bool mandatory,
        long since,
        string[]? copies = null,
        PublishOrder order = PublishOrder.Usual
    )
    {
        var publication = Pool.Get();
        publication.source.Reset();
        (publication.Queue, publication.Copies) = (queue, copies);
        (publication.Body, publication.TimeToLive) = (body, timeToLive);
        (publication.Mandatory, publication.Since, publication.Returned) = (mandatory, since, false);
        publication.Order = order;
        (publication.settled, publication.holders) = (0, Holders);
        return publication;
    }

    public void Settle(PublishOutcome outcome)
    {
        Body = default;
        TrySettle(
            Returned ? PublishOutcome.NotListening
            : outcome == PublishOutcome.Overloaded && Copies is { Length: > 1 } ? PublishOutcome.Partly
            : outcome
        );
    }

    /// <summary>Takes an outcome, unless there is one already.</summary>
    public void TrySettle(PublishOutcome outcome)
    {
        if (Interlocked.Exchange(ref settled, 1) == 0)
        {
            source.SetResult(outcome);
        }
    }

    /// <summary>One of its holders no longer needs it; who awaits the outcome is counted by itself.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref holders) == 0)
        {
            (Queue, Copies, Body) = ("", null, default);
            Pool.Return(this);
        }
    }

    PublishOutcome IValueTaskSource<PublishOutcome>.GetResult(short token)
    {
        var outcome = source.GetResult(token);
        Release();
        return outcome;
    }

    ValueTaskSourceStatus IValueTaskSource<PublishOutcome>.GetStatus(short token) => source.GetStatus(token);

    void IValueTaskSource<PublishOutcome>.OnCompleted(
        Action<object?> continuation,
        object? state,
        short token,
        ValueTaskSourceOnCompletedFlags flags
    ) => source.OnCompleted(continuation, state, token, flags);
}
