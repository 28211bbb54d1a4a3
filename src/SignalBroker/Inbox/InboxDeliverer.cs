using System.Threading.Channels;
using Microsoft.Extensions.Options;
using Npgsql;
using SignalBroker.Broker;
using SignalBroker.Database;
using SignalBroker.Sessions;
using SignalBroker.Signals;

namespace SignalBroker.Inbox;

/// <summary>Publishes stored signals to the sessions that are behind, each session's in their order.</summary>
/// <remarks>
/// <para>
/// A session is served by one deliverer at a time: it holds an advisory lock of the session until its transaction ends,
/// publishes the entries one after the other, each after the confirm of the one before, and writes down in the same
/// transaction how far it came. Who finds the lock taken goes away; who has held it looks once more after letting go.
/// So what was stored while the lock was held is found by its holder.
/// </para>
/// <para>
/// A deliverer that dies has published more than it has written down, and the next one publishes that again. Even two
/// that are at it at once (PostgreSQL was lost, and with it the lock) each publish without a gap from where the written
/// word ends: whoever drops what comes twice has every entry once, and in its order.
/// </para>
/// </remarks>
public sealed partial class InboxDeliverer(
    NpgsqlDataSource database,
    SessionDirectory directory,
    SessionStore sessions,
    NodeLinks nodes,
    AddresseeLimiter limiter,
    SignalsMetrics metrics,
    IOptions<InboxOptions> options,
    IOptions<SignalsOptions> signals,
    ILogger<InboxDeliverer> logger
) : BackgroundService
{
    private readonly Channel<string> due = Channel.CreateUnbounded<string>();
    private readonly Lock gate = new();

    // The sessions that wait or are served, and whether there was a call for them meanwhile.
    private readonly Dictionary<string, bool> called = [];

    /// <summary>Has somebody look whether the session is behind.</summary>
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

    /// <summary>Has somebody look whether any of the user's sessions is behind; never throws.</summary>
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

    /// <summary>Has somebody look whether any session of these members of rooms is behind; never throws.</summary>
    public async Task CallMembersAsync(IEnumerable<string> userIds)
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

    /// <summary>Publishes to the session what it has not got.</summary>
    public async Task DeliverAsync(string listeningKey)
    {
        await using var connection = await database.OpenConnectionAsync();
        while (
            await DeliverAsync(connection, listeningKey) && await DeliveryStore.IsBehindAsync(connection, listeningKey)
        )
        {
            // What has been stored meanwhile, or was too much for one read.
        }
    }

    /// <inheritdoc />
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(Enumerable.Range(0, options.Value.Deliverers).Select(_ => WorkAsync(stoppingToken)));

    private async Task WorkAsync(CancellationToken stoppingToken)
    {
        await foreach (var key in due.Reader.ReadAllAsync(stoppingToken))
        {
            try
            {
                await DeliverAsync(key);
            }
            catch (Exception failure)
            {
                // Whatever it is, the next session must not wait for it, and the sweep comes back to this one.
                LogNotDelivered(failure.Message);
            }

            LetGo(key);
        }
    }

    private void LetGo(string listeningKey)
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

    // Whether it is worth looking once more.
    private async Task<bool> DeliverAsync(NpgsqlConnection connection, string listeningKey)
    {
        await using var transaction = await connection.BeginTransactionAsync();
        var delivery = await DeliveryStore.BeginAsync(connection, listeningKey);
        if (delivery.Session is not { } session)
        {
            return false;
        }

        var (published, last) = (0, 0L);
        while (published < delivery.Entries.Count)
        {
            var entry = delivery.Entries[published];
            var outcome = await PublishAsync(session, entry);
            metrics.Routed(session.Node, outcome);
            if (outcome != PublishOutcome.Queued)
            {
                LogStopped(session.Node, outcome);
                await (outcome == PublishOutcome.NotListening ? DropAsync(session) : Task.CompletedTask);
                break;
            }

            published++;
            last = entry.Sequence;
        }

        var isDone = published == delivery.Entries.Count;
        // What is not for this session need not be looked at again.
        var isAll = isDone && published < DeliveryStore.LargestRead;
        await DeliveryStore.AdvanceAsync(
            connection,
            listeningKey,
            isAll ? Math.Max(last, delivery.LastSequence) : last
        );
        await transaction.CommitAsync();
        return isDone;
    }

    private async Task<PublishOutcome> PublishAsync(Session session, Entry entry)
    {
        var envelope = StoredEnvelope.Complete(entry);
        var outcome = limiter.Takes(session, envelope.Written.Length)
            ? await nodes.PublishAsync(
                session.Node,
                Topology.QueueOf(session.ListeningKey),
                envelope.Written,
                entry.TimeToLive < signals.Value.MaxTimeToLive ? entry.TimeToLive : signals.Value.MaxTimeToLive
            )
            : PublishOutcome.Overloaded;
        if (outcome != PublishOutcome.Unknown)
        {
            // Otherwise it may still wait to be written to the node.
            envelope.Dispose();
        }

        return outcome;
    }

    // An acked session had a queue, and a queue never comes back: its key is not used again.
    private async Task DropAsync(Session session)
    {
        await sessions.DropAsync([session.ListeningKey]);
        directory.Forget(session.UserId, session.ListeningKey);
    }

    [LoggerMessage(LogLevel.Debug, "A session of node {Node} gets its stored signals later: {Outcome}")]
    private partial void LogStopped(string node, PublishOutcome outcome);

    [LoggerMessage(LogLevel.Warning, "Stored signals are delivered later: {Reason}")]
    private partial void LogNotDelivered(string reason);
}
