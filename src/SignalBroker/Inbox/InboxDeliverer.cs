using System.Threading.Channels;
using Npgsql;
using SignalBroker.Broker;
using SignalBroker.Sessions;
using SignalBroker.Signals;

namespace SignalBroker.Inbox;

/// <summary>Publishes stored signals, in order, to the sessions that are behind.</summary>
/// <remarks>
/// <para>
/// One deliverer at a time serves a session: it holds an advisory lock of the session until its transaction ends,
/// publishes the entries one after the other, each after the confirm of the previous one, and records its progress in
/// the same transaction. A deliverer that finds the lock taken moves on; the one that held it looks again after
/// releasing it, and so finds what was stored meanwhile. Sessions that wait at the same time share a transaction, but
/// are served independently.
/// </para>
/// <para>
/// A deliverer that dies has published more than it has recorded, and the next one publishes that again. Even two at
/// once (PostgreSQL was lost, and with it the lock) each publish without a gap from the recorded position: a recipient
/// that drops duplicates has every entry once, and in order.
/// </para>
/// </remarks>
internal sealed partial class InboxDeliverer(
    NpgsqlDataSource database,
    SessionDirectory directory,
    NodeLinks nodes,
    AddresseeLimiter limiter,
    SignalsMetrics metrics,
    IOptions<InboxOptions> options,
    IOptions<SignalsOptions> signals,
    ILogger<InboxDeliverer> logger
) : BackgroundService
{
    // Many sessions share one transaction, which may take no more memory than a few sessions that are far behind.
    private const int MaxTogether = 32;
    private const int MaxEntries = 64;
    private const int FewestEntries = 4;

    private readonly Channel<string> due = Channel.CreateUnbounded<string>();
    private readonly Lock gate = new();

    // The sessions that wait or are being served, and whether they were called again meanwhile.
    private readonly Dictionary<string, bool> called = [];

    /// <summary>Queues a check whether the session is behind.</summary>
    public void Call(string listeningKey)
    {
        lock (gate)
        {
            if (!called.TryAdd(listeningKey, false))
            {
                called[listeningKey] = true;
                return;
            }
        }

        due.Writer.TryWrite(listeningKey);
    }

    /// <summary>Queues a check whether any of the user's sessions is behind; never throws.</summary>
    public Task CallAllAsync(string userId) => CallAllAsync([userId], directory.FindListeningAsync);

    /// <summary>The same for many users, who are members of rooms or have sent something.</summary>
    public Task CallAllAsync(IEnumerable<string> userIds) =>
        CallAllAsync(userIds, directory.FindListeningOfMemberAsync);

    private async Task CallAllAsync(IEnumerable<string> userIds, Func<string, ValueTask<Session[]>> findAsync)
    {
        try
        {
            // All at once, so that one query answers for all who are not remembered.
            foreach (var finding in userIds.Select(findAsync).ToArray())
            {
                foreach (var session in await finding)
                {
                    Call(session.ListeningKey);
                }
            }
        }
        catch (Exception failure) when (DatabaseFailure.Is(failure))
        {
            // It is stored, so the sweep finds it.
            LogNotDelivered(failure.Message);
        }
    }

    /// <summary>Publishes to the sessions the entries that they lack.</summary>
    public async Task DeliverAsync(string[] listeningKeys)
    {
        await using var connection = await database.OpenConnectionAsync();
        while (listeningKeys.Length > 0)
        {
            // Some may have been stored meanwhile, or not fitted into one read.
            var served = await DeliverAsync(connection, listeningKeys);
            listeningKeys = served.Length == 0 ? [] : await DeliveryStore.FindBehindAsync(connection, served);
        }
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(Enumerable.Range(0, options.Value.Deliverers).Select(_ => WorkAsync(stoppingToken)));

    private async Task WorkAsync(CancellationToken stoppingToken)
    {
        var keys = new List<string>(MaxTogether);
        while (await due.Reader.WaitToReadAsync(stoppingToken))
        {
            while (keys.Count < MaxTogether && due.Reader.TryRead(out var key))
            {
                keys.Add(key);
            }

            if (keys.Count == 0)
            {
                continue;
            }

            try
            {
                await DeliverAsync([.. keys]);
            }
            catch (Exception failure)
            {
                // Whatever it is, other sessions must not wait for it, and the sweep comes back to these.
                LogNotDelivered(failure.Message);
            }

            keys.ForEach(Release);
            keys.Clear();
        }
    }

    private void Release(string listeningKey)
    {
        lock (gate)
        {
            if (!called[listeningKey])
            {
                called.Remove(listeningKey);
                return;
            }

            called[listeningKey] = false;
        }

        due.Writer.TryWrite(listeningKey);
    }

    // The sessions worth another look.
    private async Task<string[]> DeliverAsync(NpgsqlConnection connection, string[] listeningKeys)
    {
        await using var transaction = await connection.BeginTransactionAsync();
        var most = Math.Max(FewestEntries, MaxEntries / listeningKeys.Length);
        var deliveries = await DeliveryStore.BeginAsync(connection, listeningKeys, most);
        var ends = await Task.WhenAll(deliveries.Select(delivery => PublishAsync(delivery, most)));
        await DeliveryStore.AdvanceAsync(
            connection,
            [
                .. deliveries
                    .Zip(ends, (delivery, end) => (delivery.Session.ListeningKey, end.Through))
                    .Where(reached => reached.Through > 0),
            ]
        );
        await transaction.CommitAsync();
        return
        [
            .. deliveries.Zip(ends).Where(pair => pair.Second.IsDone).Select(pair => pair.First.Session.ListeningKey),
        ];
    }

    // The sequence up to which its queue has the user's entries, and whether it took all of these.
    private async Task<(long Through, bool IsDone)> PublishAsync(Delivery delivery, int most)
    {
        var through = 0L;
        foreach (var entry in delivery.Entries)
        {
            var outcome = await PublishAsync(delivery.Session, entry);
            metrics.Routed(delivery.Session.Node, outcome);
            if (outcome != PublishOutcome.Queued)
            {
                LogStopped(delivery.Session.Node, outcome);
                if (outcome == PublishOutcome.NotListening)
                {
                    await directory.DropAsync(delivery.Session);
                }

                return (through, false);
            }

            through = entry.Sequence;
        }

        // Entries that are not for this session need not be read again.
        return (delivery.Entries.Count < most ? Math.Max(through, delivery.LastSequence) : through, true);
    }

    private async Task<PublishOutcome> PublishAsync(Session session, Entry entry)
    {
        var envelope = entry.Complete();
        var outcome = limiter.Takes(session, envelope.Written.Length)
            ? await nodes.PublishAsync(
                session.Node,
                session.Queue,
                envelope.Written,
                signals.Value.InQueue(entry.TimeToLive)
            )
            : PublishOutcome.Overloaded;
        if (outcome != PublishOutcome.Unknown)
        {
            // An envelope whose outcome is unknown may still wait to be written to the node.
            envelope.Dispose();
        }

        return outcome;
    }

    [LoggerMessage(LogLevel.Debug, "Postponed the delivery of stored signals to a session of node {Node}: {Outcome}")]
    private partial void LogStopped(string node, PublishOutcome outcome);

    [LoggerMessage(LogLevel.Warning, "Postponed the delivery of stored signals: {Reason}")]
    private partial void LogNotDelivered(string reason);
}
