using Npgsql;
using SignalBroker.Broker;
using SignalBroker.Sessions;
using SignalBroker.Signals;

namespace SignalBroker.Inbox;

/// <param name="Outcomes">The broker's answer for each session that the signal was published to.</param>
/// <param name="Kept">What the database has of it; null when a session has it.</param>
internal readonly record struct StoredOrSent(SessionOutcome[] Outcomes, Kept? Kept = null);

/// <summary>Sends a signal that is stored always, or when no session of the recipient has received it.</summary>
/// <remarks>
/// <para>
/// <c>always</c>: the signal is committed, with its id, before the sender gets an answer; delivery follows. A crash
/// before the commit leaves nothing. A crash after it leaves an entry that any webapp's sweep delivers, and the sender,
/// who got no answer, gets it when it repeats the signal.
/// </para>
/// <para>
/// <c>ifOffline</c>: the signal is published, and stored unless a session's queue has confirmed it. If a session is
/// behind with stored signals, it is stored as well, or it would overtake those. With an id it is published within a
/// transaction that holds the id's lock; a crash before its commit leaves only what was published, and a repeat sends
/// it again.
/// </para>
/// </remarks>
internal sealed class InboxSender(
    NpgsqlDataSource database,
    InboxStore store,
    StorageBudget budget,
    DeliveryStore deliveries,
    InboxDeliverer deliverer,
    SignalRouter router,
    EnvelopeWriter envelopes,
    SessionOutcomes sessionOutcomes,
    IOptions<InboxOptions> options,
    TimeProvider clock
) : IDisposable
{
    // Publishing to a frozen node takes seconds, and must not use up the connections to the database.
    private const int MaxPublishing = 8;

    private readonly Batcher<StoredSignal, Storing> storings = new(store.StoreAsync);
    private readonly Batcher<string, Recipient[]> recipients = new(deliveries.FindRecipientsAsync);
    private readonly SemaphoreSlim publishing = new(MaxPublishing);
    private readonly RepeatWait wait = new(clock);

    /// <exception cref="RefusedException">It can't be stored.</exception>
    public async Task<StoredOrSent> SendAsync(Sender sender, SignalId id, string addressee, SignalRequest request)
    {
        if (sender.Session is { OriginalClient: true })
        {
            // It has not proved whose ids and receipts these are.
            throw new RefusedException(Problem.Unauthorized);
        }

        request.TimeToLive ??= options.Value.TimeToLive;
        var signal = ToStore(sender, id, request);
        var (ending, outcomes) = await wait.TryAsync(async () =>
            request.Store == StoreKind.Always
                ? (await storings.GetAsync(signal), [])
                : await SendIfOfflineAsync(sender, id, request, signal)
        );
        switch (ending)
        {
            case null:
                return new(outcomes);
            case Storing.Stored(var sequence):
                // The answer does not wait for delivery.
                _ = deliverer.CallAllAsync(signal.UserId);
                return new(outcomes, new Kept(sequence, Answer: null));
            case Storing.Repeated(var kept):
                return new([], kept);
            default:
                throw new RefusedException(InboxProblems.Of(ending, addressee));
        }
    }

    public void Dispose() => publishing.Dispose();

    // Without an ending, a session has it.
    private async Task<(Storing? Ending, SessionOutcome[] Outcomes)> SendIfOfflineAsync(
        Sender sender,
        SignalId id,
        SignalRequest request,
        StoredSignal signal
    )
    {
        var found = await recipients.GetAsync(signal.UserId) ?? [];
        var concerned = Array.FindAll(
            found,
            recipient => signal.Device is null || recipient.Session.Device == signal.Device
        );
        if (concerned.Length == 0 || Array.Exists(concerned, recipient => recipient.IsBehind))
        {
            return (await storings.GetAsync(signal), []);
        }

        var sessions = Array.ConvertAll(concerned, recipient => recipient.Session);
        if (signal.Repeat is not null)
        {
            return await PublishOnceAsync(sender, id, request, signal, sessions);
        }

        var outcomes = await router.RouteAsync(sender, id, request, sessions);
        return (IsTaken(outcomes) ? null : await storings.GetAsync(signal), outcomes);
    }

    private async Task<(Storing? Ending, SessionOutcome[] Outcomes)> PublishOnceAsync(
        Sender sender,
        SignalId id,
        SignalRequest request,
        StoredSignal signal,
        Session[] sessions
    )
    {
        await publishing.WaitAsync();
        try
        {
            await using var connection = await database.OpenConnectionAsync();
            await using var transaction = await connection.BeginTransactionAsync();
            if (await store.FindRepeatAsync(connection, signal.Repeat!) is { } known)
            {
                return (known, []);
            }

            using var remembered = budget.ReserveId(signal.Payer, sessions.Length);
            if (remembered.Wait is { } retryAfter)
            {
                return (new Storing.BudgetUsed(retryAfter), []);
            }

            var outcomes = await router.RouteAsync(sender, id, request, sessions);
            if (!IsTaken(outcomes))
            {
                // The entry's cost includes its id.
                using var charges = new StorageCharges(budget);
                var endings = await store.StoreAsync(connection, [signal], charges);
                await transaction.CommitAsync();
                charges.Keep();
                return (endings[signal], outcomes);
            }

            await RememberAsync(connection, signal.Repeat!, outcomes);
            await transaction.CommitAsync();
            remembered.Keep();
            return (null, outcomes);
        }
        finally
        {
            publishing.Release();
        }
    }

    private static bool IsTaken(SessionOutcome[] outcomes) =>
        Array.Exists(outcomes, outcome => outcome.Outcome == PublishOutcome.Queued);

    private async Task RememberAsync(NpgsqlConnection connection, RepeatKey repeat, SessionOutcome[] outcomes)
    {
        using var sessions = PooledBuffer.Rent(outcomes.Length * 100);
        var writer = sessions.JsonWriter();
        sessionOutcomes.Write(writer, outcomes);
        writer.Flush();
        await InboxStore.RememberAsync(connection, repeat, sessions.Written.ToArray());
    }

    private StoredSignal ToStore(Sender sender, SignalId id, SignalRequest request)
    {
        using var envelope = envelopes.Write(id, sender, request.To!, request);
        return new()
        {
            UserId = request.To!,
            Device = request.Device,
            Id = id.ToString(),
            Envelope = envelope.Written.ToArray(),
            TimeToLive = request.TimeToLive!.Value,
            Repeat = RepeatKey.Of(sender, request),
            Payer = Payer.Of(sender),
            ReceiptTo = request.Receipt ? sender.Session!.UserId : null,
        };
    }
}
