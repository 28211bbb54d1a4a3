using System.Threading.Channels;
using Microsoft.Extensions.Options;
using Npgsql;
using SignalBroker.Broker;
using SignalBroker.Database;
using SignalBroker.Identity;
using SignalBroker.Sessions;
using SignalBroker.Signals;

namespace SignalBroker.Inbox;

/// <summary>Publishes stored signals to the sessions that are behind, each session's in their order.</summary>
/// <remarks>
/// <para>
/// A session is served by one deliverer at a time: it holds an advisory lock of the session until its transaction ends,
/// publishes the entries one after the other, each after the confirm of the one before, and writes down in the same
/// transaction how far it came. Who finds the lock taken goes away; who has held it looks once more after letting go.
/// So what was stored while the lock was held is found by its holder. Sessions that wait at the same time share a
/// transaction, in which each is published to by itself.
/// </para>
/// <para>
/// A deliverer that dies has published more than it has written down, and the next one publishes that again. Even two
/// that are at it at once (PostgreSQL was lost, and with it the lock) each publish without a gap from where the written
/// word ends: whoever drops what comes twice has every entry once, and in its order.
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
    // A crowd costs one transaction, and may take no more memory than a few sessions with much to get.
    private const int MaxTogether = 32;
    private const int MaxEntries = 64;
    private const int FewestEntries = 4;

    private readonly Channel<string> due = Channel.CreateUnbounded<string>();
    private readonly Lock gate = new();

    // The sessions that wait or are served, and whether there was a call for them meanwhile.
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
    public async Task CallAllAsync(string userId)
    {
        try
        {
            foreach (var session in await directory.FindListeningAsync(userId))
            {
                Call(session.ListeningKey);
            }
        }
        catch (Exception failure) when (DatabaseFailure.Is(failure))
        {
            // It is stored, so the sweep finds it.
            LogNotDelivered(failure.Message);
        }
    }

    /// <summary>The same for many users, who are members of rooms or have sent something.</summary>
    public async Task CallAllAsync(IEnumerable<string> userIds)
    {
        try
        {
            // All at once, so that those who are not remembered share a question.
            foreach (var finding in userIds.Select(directory.FindListeningOfMemberAsync).ToArray())
            {
                foreach (var session in await finding)
                {
                    Call(session.ListeningKey);
                }
            }
        }
        catch (Exception failure) when (DatabaseFailure.Is(failure))
        {
            // As above.
            LogNotDelivered(failure.Message);
        }
    }

    /// <summary>Publishes to the sessions what they have not got.</summary>
    public async Task DeliverAsync(string[] listeningKeys)
    {
        await using var connection = await database.OpenConnectionAsync();
        while (listeningKeys.Length > 0)
        {
            // What has been stored meanwhile, or was too much for one read.
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
                // Whatever it is, the next session must not wait for it, and the sweep comes back to these.
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

    // The sessions that are worth looking at once more.
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

    // Up to where its queue has the user's entries, and whether it took all of these.
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
                await (
                    outcome == PublishOutcome.NotListening ? directory.DropAsync(delivery.Session) : Task.CompletedTask
                );
                return (through, false);
            }

            through = entry.Sequence;
        }

        // What is not for this session need not be looked at again.
        return (delivery.Entries.Count < most ? Math.Max(through, delivery.LastSequence) : through, true);
    }

    private async Task<PublishOutcome> PublishAsync(Session session, Entry entry)
    {
        var envelope = StoredEnvelope.Complete(entry);
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
            // Otherwise it may still wait to be written to the node.
            envelope.Dispose();
        }

        return outcome;
    }

    [LoggerMessage(LogLevel.Debug, "Delivery of stored signals to a session of node {Node} was postponed: {Outcome}")]
    private partial void LogStopped(string node, PublishOutcome outcome);

    [LoggerMessage(LogLevel.Warning, "Delivery of stored signals was postponed: {Reason}")]
    private partial void LogNotDelivered(string reason);
}
