using System.Runtime.InteropServices;
using System.Threading.Channels;
using SignalBroker.Client.Listening;

namespace SignalBroker.Client;

/// <summary>
/// What is stored for the user (<see cref="SendOptions.Store"/>): it is kept until each of the user's named devices has
/// settled it.
/// </summary>
/// <remarks>
/// You need not ask for it: <see cref="SignalBrokerClient.ReadSignalsAsync"/> hands out what is stored as well, in the
/// order of the sequences and each once, however often the client reconnects. This class is for anything beyond that.
/// </remarks>
public sealed class ClientInbox
{
    /// <summary>The most signals in one answer.</summary>
    internal const int MaxEntries = 64;

    private readonly InboxCalls calls;

    internal ClientInbox(
        InboxCalls calls,
        ChannelWriter<Signal> unread,
        Duplicates duplicates,
        SignalBrokerClientOptions options,
        string? userId
    )
    {
        this.calls = calls;
        Arrivals = new StoredArrivals(this, calls, unread, duplicates, options, userId);
    }

    internal StoredArrivals Arrivals { get; }

    /// <summary>Reads the stored signals that the device has not settled, including those read before.</summary>
    /// <param name="after">The sequence to begin after; null for after what the device has settled.</param>
    /// <param name="limit">How many signals to ask for, 0 to 64.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The signals, and whether any may be missing.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    /// <exception cref="ServerRefusedException">The server refused it.</exception>
    /// <exception cref="ServerUnreachableException">The server did not answer.</exception>
    /// <exception cref="SignalNotSentException">The client did not listen again in time, or is closed.</exception>
    /// <exception cref="OperationCanceledException">The caller cancelled it.</exception>
    public async Task<InboxPage> ReadAsync(
        long? after = null,
        int limit = MaxEntries,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentOutOfRangeException.ThrowIfNegative(after ?? 0, nameof(after));
        ArgumentOutOfRangeException.ThrowIfNegative(limit);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, MaxEntries);
        var answer = await calls.ReadAsync(after, limit, cancellationToken);
        var signals = SignalsOf(answer);
        Arrivals.Show(signals);

        return new()
        {
            Recovered = answer.Recovered,
            LastSequence = answer.LastSequence,
            LowestSequence = answer.LowestSequence,
            SettledThrough = answer.SettledThrough,
            Signals = signals,
            HasMore = answer.More,
        };
    }

    /// <summary>Settles everything up to a sequence, for the session's device.</summary>
    /// <param name="sequence">The sequence, from 1 on, such as <see cref="Signal.Sequence"/>.</param>
    /// <param name="cancellationToken">Cancels the call; it may still be carried out.</param>
    /// <returns>Ends when the server has confirmed it.</returns>
    /// <inheritdoc cref="ReadAsync" path="/exception"/>
    public async Task SettleThroughAsync(long sequence, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(sequence);
        Arrivals.SettledThrough(await calls.SettleAsync(new() { UpTo = sequence }, cancellationToken));
    }

    /// <summary>The signals in an answer, which can be settled here.</summary>
    internal List<Signal> SignalsOf(InboxAnswer answer)
    {
        var signals = new List<Signal>();
        foreach (var entry in answer.Entries ?? [])
        {
            var bytes = JsonMarshal.GetRawUtf8Value(entry).ToArray();
            if (Envelope.Read(bytes, out _) is { Sequence: { } } signal)
            {
                signals.Add(signal with { Inbox = this });
            }
        }

        return signals;
    }
}
