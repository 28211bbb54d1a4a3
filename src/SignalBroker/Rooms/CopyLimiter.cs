using Microsoft.Extensions.Options;
using SignalBroker.Http;
using SignalBroker.Identity;
using SignalBroker.Sessions;

namespace SignalBroker.Rooms;

/// <summary>Slows down a session that has too many copies made, or too many bytes stored, for the members of rooms.</summary>
internal sealed class CopyLimiter(IOptions<RoomsOptions> options, TimeProvider clock)
{
    private const int BurstSeconds = 16;

    private readonly int burst = 2 * options.Value.CopiesPerSecondOfSession;

    private readonly TokenBuckets<string> copies = new(
        options.Value.CopiesPerSecondOfSession,
        2 * options.Value.CopiesPerSecondOfSession,
        clock
    );

    private readonly TokenBuckets<string> bytes = new(
        options.Value.StoredBytesPerSecondOfSession,
        BurstSeconds * options.Value.StoredBytesPerSecondOfSession,
        clock
    );

    private readonly long largest = BurstSeconds * options.Value.StoredBytesPerSecondOfSession;

    /// <summary>Counts copies before they are made.</summary>
    /// <param name="sender">The session that has them made; an application, which is null, may have as many as it wants.</param>
    /// <param name="made">How many. More than a burst pass when the session has been quiet.</param>
    /// <exception cref="RefusedException">They are too many at this moment.</exception>
    public void Count(Session? sender, int made)
    {
        if (sender is not null && copies.Take(sender.ListeningKey, Math.Min(made, burst)) is { } wait)
        {
            throw new RefusedException(Problem.TooManyRequests(wait));
        }
    }

    /// <summary>Counts copies before they are stored.</summary>
    /// <param name="sender">As for <see cref="Count"/>.</param>
    /// <exception cref="RefusedException">They are too many at this moment.</exception>
    public void CountStored(Session? sender, int made, int size)
    {
        Count(sender, made);
        if (
            sender is not null
            && bytes.Take(sender.ListeningKey, (int)Math.Min((long)made * size, largest)) is { } wait
        )
        {
            throw new RefusedException(Problem.TooManyRequests(wait));
        }
    }
}
