namespace SignalBroker.Client.Listening;

/// <summary>Which way to listen the next time.</summary>
/// <param name="wanted">What the application wants; null for a WebSocket, and server-sent events where those fail.</param>
/// <param name="time">The clock.</param>
internal sealed class WayChoice(ListensBy? wanted, TimeProvider time)
{
    /// <summary>So many WebSockets in a row must be refused without a word of the node.</summary>
    public const int Patience = 2;

    /// <summary>How long a node may take that is known to be reachable: after an outage everybody comes at once.</summary>
    public static readonly TimeSpan Usual = TimeSpan.FromSeconds(15);

    // Where no WebSocket has ever worked, one that stays silent is taken for swallowed on the way, and events are there 5 s
    // after the beginning, also if something refused the first one and swallows the second.
    private static readonly TimeSpan FirstWithin = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan SecondWithin = TimeSpan.FromSeconds(2.5);

    // Whatever refuses a WebSocket does so at once; what takes longer waits for an answer that will not come.
    private static readonly TimeSpan RefusedWithin = TimeSpan.FromSeconds(1);

    /// <summary>How long server-sent events are used until a WebSocket is tried once more.</summary>
    public static readonly TimeSpan FallbackLasts = TimeSpan.FromMinutes(10);

    private int failures;
    private long? fellBackAt;
    private bool hasWorked;
    private long begun;

    /// <summary>
    /// How long the attempt that was last begun may take until the other side has confirmed, or has said a word; from then
    /// on it may take <see cref="Usual"/>.
    /// </summary>
    public TimeSpan Within { get; private set; }

    /// <summary>The way for the next attempt.</summary>
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

    /// <summary>An attempt that way ended with the client listening.</summary>
    public void Succeeded(ListensBy by)
    {
        if (by == ListensBy.WebSocket)
        {
            (failures, fellBackAt, hasWorked) = (0, null, true);
        }
    }

    /// <summary>The attempt that was last begun failed, as if something blocked it.</summary>
    /// <returns>Whether another way is next.</returns>
    public bool Failed(ListensBy by)
    {
        if (by == ListensBy.ServerSentEvents)
        {
            // Neither works, or the webapp is too old for it: both get their turns.
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
