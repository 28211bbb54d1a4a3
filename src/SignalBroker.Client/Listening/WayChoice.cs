namespace SignalBroker.Client.Listening;

/// <summary>How to listen next: as the application wants, or by WebSocket, and by events where those fail.</summary>
internal sealed class WayChoice(ListensBy? wanted, TimeProvider time)
{
    /// <summary>After how many refused WebSockets in a row, without a word from the node, it falls back.</summary>
    public const int Patience = 2;

    /// <summary>How long a reachable node may take: after an outage everybody comes at once.</summary>
    public static readonly TimeSpan Usual = TimeSpan.FromSeconds(15);

    // If no WebSocket has ever worked, one that stays silent is presumed to be swallowed on the way. Events flow 5 s
    // after the start, even if something refuses the first WebSocket and swallows the second.
    private static readonly TimeSpan FirstWithin = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan SecondWithin = TimeSpan.FromSeconds(2.5);

    // A refusal comes at once; what takes longer waits for an answer that will not come.
    private static readonly TimeSpan RefusedWithin = TimeSpan.FromSeconds(1);

    /// <summary>How long server-sent events are used until a WebSocket is tried once more.</summary>
    public static readonly TimeSpan FallbackLasts = TimeSpan.FromMinutes(10);

    private int failures;
    private long? fellBackAt;
    private bool hasWorked;
    private long begun;

    /// <summary>
    /// How long the last attempt may take until the other side has answered; after that, <see cref="Usual"/>.
    /// </summary>
    public TimeSpan Within { get; private set; }

    /// <summary>How much of the time that is left the first of two protocols may take until it is answered.</summary>
    /// <remarks>A node that has answered before is given all of it: after an outage everybody comes at once.</remarks>
    public TimeSpan ForFirst(TimeSpan left) => hasWorked ? left : left / 2;

    public ListensBy Next()
    {
        var by = wanted ?? Choose();
        begun = time.GetTimestamp();
        Within =
            wanted is not null || by != ListensBy.WebSocket || hasWorked ? Usual
            : failures == 0 ? FirstWithin
            : SecondWithin;
        return by;
    }

    public void Succeeded(ListensBy by)
    {
        if (by == ListensBy.WebSocket)
        {
            (failures, fellBackAt, hasWorked) = (0, null, true);
        }
    }

    /// <summary>Notes that the last attempt failed, as if something blocked it.</summary>
    /// <returns>Whether the next attempt goes another way.</returns>
    public bool Failed(ListensBy by)
    {
        if (by == ListensBy.ServerSentEvents)
        {
            // Neither works, or the webapp is too old for events: try both in turn.
            (failures, fellBackAt) = (Patience - 1, null);
            return false;
        }

        failures += hasWorked || time.GetElapsedTime(begun) < RefusedWithin ? 1 : Patience;
        fellBackAt = failures >= Patience ? time.GetTimestamp() : null;
        return wanted is null && fellBackAt is not null;
    }

    private ListensBy Choose() =>
        fellBackAt is { } since && time.GetElapsedTime(since) < FallbackLasts
            ? ListensBy.ServerSentEvents
            : ListensBy.WebSocket;
}
