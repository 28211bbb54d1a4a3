namespace SignalBroker.Client.Listening;

/// <summary>Which way to listen the next time.</summary>
/// <param name="wanted">What the application wants; null for a WebSocket, and server-sent events where those fail.</param>
/// <param name="time">The clock.</param>
internal sealed class WayChoice(ListensBy? wanted, TimeProvider time)
{
    /// <summary>So many WebSockets in a row must fail without a word of the node.</summary>
    public const int Patience = 2;

    /// <summary>How long server-sent events are used until a WebSocket is tried once more.</summary>
    public static readonly TimeSpan FallbackLasts = TimeSpan.FromMinutes(10);

    private int failures;
    private long? fellBackAt;

    /// <summary>The way for the next attempt.</summary>
    public ListensBy Next() =>
        wanted
        ?? (
            fellBackAt is { } since && time.GetElapsedTime(since) < FallbackLasts
                ? ListensBy.ServerSentEvents
                : ListensBy.WebSocket
        );

    /// <summary>An attempt that way ended with the client listening.</summary>
    public void Succeeded(ListensBy by)
    {
        if (by == ListensBy.WebSocket)
        {
            (failures, fellBackAt) = (0, null);
        }
    }

    /// <summary>An attempt that way failed, as if something blocked it.</summary>
    public void Failed(ListensBy by)
    {
        if (by == ListensBy.WebSocket)
        {
            failures++;
            fellBackAt = failures >= Patience ? time.GetTimestamp() : null;
        }
        else
        {
            // Neither works, or the webapp is too old for it: both get their turns.
            (failures, fellBackAt) = (Patience - 1, null);
        }
    }
}
