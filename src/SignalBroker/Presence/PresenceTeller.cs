using System.Threading.Channels;
using Npgsql;
using SignalBroker.Broker;
using SignalBroker.Sessions;
using SignalBroker.Signals;

namespace SignalBroker.Presence;

/// <summary>Tells subscribers how users' presence has changed, in envelopes that only the server can write.</summary>
/// <remarks>
/// Who is due, and what each subscriber was told last, is in the database and changes there after publishing. So if a
/// webapp dies, another one tells what it was about to tell, perhaps for a second time.
/// </remarks>
internal sealed partial class PresenceTeller(
    NpgsqlDataSource database,
    DueStore store,
    PresenceStore presence,
    NodeLinks links,
    EnvelopeWriter envelopes,
    IOptions<SignalsOptions> options,
    TimeProvider clock,
    ILogger<PresenceTeller> logger
) : BackgroundService, IAnnouncedMemory
{
    /// <summary>These envelopes' type.</summary>
    public const string Type = "presence";

    // Finds what was marked without an announcement, or whose announcement was lost.
    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(1);

    // For when another webapp works on the users that are due.
    private static readonly TimeSpan MinPause = TimeSpan.FromMilliseconds(20);

    // A node that confirms nothing must not delay the other nodes' sessions.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromSeconds(1);

    private readonly Channel<bool> woken = System.Threading.Channels.Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite }
    );

    public string Channel => PresenceChanges.Channel;

    // There is nothing to forget: an announcement only wakes it.
    public void Forget(string announcement) => woken.Writer.TryWrite(true);

    public void ConnectionLost() { }

    /// <summary>Tells subscribers of the users who are due.</summary>
    /// <returns>How long to pause.</returns>
    public async Task<TimeSpan> TellAsync()
    {
        await using var connection = await database.OpenConnectionAsync();
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            var due = await DueStore.TakeAsync(connection);
            if (due.Count > 0)
            {
                await TellAsync(connection, due);
                await transaction.CommitAsync();
                return TimeSpan.Zero;
            }
        }

        return await DueStore.UntilNextAsync(connection) is not { } next || next > MaxPause ? MaxPause
            : next < MinPause ? MinPause
            : next;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        Task? waking = null;
        while (true)
        {
            var pause = MaxPause;
            try
            {
                pause = await TellAsync();
            }
            catch (Exception failure)
            {
                stoppingToken.ThrowIfCancellationRequested();
                LogNotTold(failure.Message);
            }

            if (pause > TimeSpan.Zero)
            {
                waking ??= woken.Reader.WaitToReadAsync(stoppingToken).AsTask();
                await Task.WhenAny(waking, Task.Delay(pause, clock, stoppingToken));
                stoppingToken.ThrowIfCancellationRequested();
            }

            if (waking is { IsCompleted: true })
            {
                waking = null;
                woken.Reader.TryRead(out _);
            }
        }
    }

    private async Task TellAsync(NpgsqlConnection connection, IReadOnlyList<DueUser> due)
    {
        // What each subscriber may see is checked below.
        var reports = await presence.ReadAsync(connection, viewer: null, [.. due.Select(user => user.UserId)]);
        var byUser = reports.ToDictionary(report => report.UserId);
        var mayReturn = due.Where(user => user.MayReturn).Select(user => user.UserId).ToHashSet();
        var misinformed = await store.FindOutdatedAsync(connection, reports);
        var audiences = misinformed
            .Where(subscriber =>
                !mayReturn.Contains(subscriber.UserId) || byUser[subscriber.UserId].HasAllOf(subscriber.Told)
            )
            .ToLookup(subscriber => subscriber.UserId);
        if (audiences.Count == 0)
        {
            return;
        }

        var tellings = await Task.WhenAll(
            audiences.Select(audience => PublishAsync(byUser[audience.Key], [.. audience]))
        );
        await SubscriptionStore.RememberAsync(connection, [.. tellings.SelectMany(telling => telling.Told)]);
        string[] again = [.. tellings.Where(telling => telling.IsToRepeat).Select(telling => telling.UserId)];
        if (again.Length > 0)
        {
            await DueStore.PutOffAsync(connection, again, TryAgainAfter);
        }
    }

    private async Task<Telling> PublishAsync(PresenceReport report, Subscriber[] subscribers)
    {
        var id = SignalId.Of(given: null);
        var envelope = envelopes.WriteControl(Type, report.WriteMembers, id);
        var publishes = subscribers
            .Where(subscriber => subscriber.Acked)
            .GroupBy(subscriber => subscriber.Node)
            .SelectMany(node => node.Chunk(Topology.CopiesPerPublish))
            .Select(part => (Part: part, Outcome: PublishAsync(part, id, envelope)))
            .ToArray();
        await Task.WhenAny(
            Task.WhenAll(publishes.Select(publish => publish.Outcome)),
            Task.Delay(Patience, clock, CancellationToken.None)
        );
        var told = new List<Told>();
        var isToRepeat = Array.Exists(subscribers, subscriber => !subscriber.Acked);
        var isAnswered = true;
        foreach (var (part, publish) in publishes)
        {
            var outcome = publish.IsCompletedSuccessfully ? await publish : PublishOutcome.Unknown;
            if (outcome is PublishOutcome.Queued or PublishOutcome.NotListening)
            {
                told.AddRange(part.Select(subscriber => new Told(subscriber.ListeningKey, report.UserId, report.Told)));
                continue;
            }

            isToRepeat = true;
            isAnswered &= outcome != PublishOutcome.Unknown;
        }

        if (isAnswered)
        {
            // Otherwise it may still be waiting to be written to a node.
            envelope.Dispose();
        }

        return new(report.UserId, told, isToRepeat);
    }

    private async Task<PublishOutcome> PublishAsync(Subscriber[] part, SignalId id, PooledBuffer envelope)
    {
        var (node, timeToLive) = (part[0].Node, options.Value.TimeToLive);
        var queues = Array.ConvertAll(part, subscriber => subscriber.Queue);
        return queues is [var only]
            ? await links.PublishAsync(node, only, envelope.Written, timeToLive)
            : (
                await links.PublishAsync(
                    node,
                    Topology.KeyOfCopies(id.ToString()),
                    [queues],
                    envelope.Written,
                    timeToLive
                )
            )[0];
    }

    private sealed record Telling(string UserId, IReadOnlyList<Told> Told, bool IsToRepeat);

    [LoggerMessage(LogLevel.Warning, "Could not tell subscribers of changed presence yet: {Reason}")]
    private partial void LogNotTold(string reason);
}
