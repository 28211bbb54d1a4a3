using SignalBroker.Sessions;
using SignalBroker.Signals;

namespace SignalBroker.Exchange;

/// <summary>Signals of one sender that are sent together, in their order.</summary>
/// <remarks>
/// A plain signal is published to sessions that are looked up once for all, so that the next need not wait for the broker's
/// answer to keep the order.
/// </remarks>
internal sealed class SignalSequence(SignalExchange exchange, Sender sender)
{
    private readonly Dictionary<(string? To, string? Device, string? ToSession), Session[]> found = [];

    /// <summary>Sends the next signal.</summary>
    /// <returns>Its outcome, once the one after it may be sent.</returns>
    public async ValueTask<Task<Exchanged>> SendAsync(SignalRequest signal)
    {
        if (!exchange.IsPlain(signal))
        {
            var sending = exchange.SendAsync(sender, signal).AsTask();
            await ((Task)sending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return sending;
        }

        var addressee = (signal.To, signal.Device, signal.ToSession);
        try
        {
            if (!found.TryGetValue(addressee, out var sessions))
            {
                found[addressee] = sessions = await exchange.FindAsync(signal);
            }

            return exchange.PublishAsync(sender, signal, sessions);
        }
        catch (Exception failure) when (DatabaseFailure.Is(failure))
        {
            return Task.FromException<Exchanged>(failure);
        }
    }
}
