using System.Text.Json;
using Npgsql;
using SignalBroker.Broker;
using SignalBroker.Inbox;
using SignalBroker.Sessions;
using SignalBroker.Signals;

namespace SignalBroker.Rooms;

/// <summary>Stores a signal for every other member of a room, or for those without a session that has it.</summary>
/// <remarks>
/// <para>
/// One transaction puts it into all their inboxes, together with its id: a crash leaves it in all or in none. From then
/// on each member's copy is a stored signal like any other, with a sequence of its own. With <c>always</c> the
/// deliverers publish it, and not the fan-out, so that nobody gets it twice.
/// </para>
/// <para>
/// <c>ifOffline</c> publishes first, to each session separately: after one publish to many queues the broker does not
/// say which of them have it. For members who are behind with stored signals it is stored, or it would overtake those.
/// </para>
/// </remarks>
internal sealed partial class RoomInbox(
    NpgsqlDataSource database,
    InboxStore store,
    StorageBudget budget,
    InboxDeliverer deliverer,
    RoomFanOut fanOut,
    RoomEnvelopeWriter envelopes,
    IOptions<InboxOptions> options,
    IOptions<SignalsOptions> signals,
    TimeProvider clock,
    ILogger<RoomInbox> logger
) : IDisposable
{
    // Publishing to a frozen node takes seconds, and must not use up the connections to the database.
    private const int MaxPublishing = 4;

    // A remembered answer has a part for each node; its cost is reserved before their number is known.
    private const int MaxNodes = 8;

    private readonly SemaphoreSlim publishing = new(MaxPublishing);
    private readonly RepeatWait wait = new(clock);

    /// <param name="isHidden">Whether the sender may not know which of them listen.</param>
    /// <exception cref="RefusedException">It can't be stored for anybody.</exception>
    public async Task<RoomReached> SendAsync(
        Sender sender,
        SignalId id,
        RoomAddress address,
        SignalRequest request,
        bool isHidden
    )
    {
        request.TimeToLive ??= options.Value.TimeToLive;
        var signal = Write(sender, id, address, request, isHidden);
        var (ending, reached) = await wait.TryAsync(() => TryAsync(signal));
        switch (ending)
        {
            case null:
                await PublishToOwnAsync(signal, sender.Session);
                return reached!;
            case Storing.Repeated({ Answer: { } answer }):
                return JsonSerializer.Deserialize(answer, RoomsJson.Default.RoomReached)!;
            default:
                throw new RefusedException(InboxProblems.Of(ending, "Each of the members"));
        }
    }

    public void Dispose() => publishing.Dispose();

    private async Task<(Storing? Ending, RoomReached? Reached)> TryAsync(RoomSignal signal)
    {
        if (signal.Request.Store == StoreKind.Always)
        {
            return await SendAsync(signal, _ => FindAsync(signal));
        }

        await publishing.WaitAsync();
        try
        {
            return await SendAsync(signal, connection => PublishAsync(connection, signal));
        }
        finally
        {
            publishing.Release();
        }
    }

    // Without an ending, what it reached is the answer.
    private async Task<(Storing? Ending, RoomReached? Reached)> SendAsync(
        RoomSignal signal,
        Func<NpgsqlConnection, Task<Live>> reachAsync
    )
    {
        await using var connection = await database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        if (signal.Repeat is not null && await store.FindRepeatAsync(connection, signal.Repeat) is { } known)
        {
            return (known, null);
        }

        using var remembered = signal.Repeat is null ? null : budget.ReserveId(signal.Payer, MaxNodes);
        if (remembered?.Wait is { } retryAfter)
        {
            return (new Storing.BudgetUsed(retryAfter), null);
        }

        using var charges = new StorageCharges(budget);

        var live = await reachAsync(connection);
        var without = signal.Others.Where(other => !live.Users.Contains(other.UserId));
        StoredSignal[] missing = [.. without.Select(signal.For)];
        Storing[] endings = missing.Length == 0 ? [] : await StoreAsync(connection, missing, charges);
        var stored = endings.Count(ending => ending is Storing.Stored);
        if (stored + live.Users.Count == 0 && missing.Length > 0)
        {
            return (Array.Find(endings, ending => ending is Storing.Full) ?? endings[0], null);
        }

        var reached = new RoomReached(
            signal.Room,
            signal.Others.Count,
            live.Listening,
            live.Nodes,
            Stored: stored,
            Full: missing.Length - stored
        );
        if (signal.Repeat is not null)
        {
            var answer = JsonSerializer.SerializeToUtf8Bytes(reached, RoomsJson.Default.RoomReached);
            await InboxStore.RememberAsync(connection, signal.Repeat, answer);
        }

        await transaction.CommitAsync();
        charges.Keep();
        remembered?.Keep();
        // The answer does not wait for delivery.
        _ = deliverer.CallAllAsync(missing.Select(copy => copy.UserId));
        return (null, reached);
    }

    // For all of them or for none: a sender that has used up its budget must not reach only some of the members.
    private async Task<Storing[]> StoreAsync(NpgsqlConnection connection, StoredSignal[] copies, StorageCharges charges)
    {
        var (payer, cost) = (copies[0].Payer, StorageBudget.CostOf(copies[0]));
        if (charges.Take(payer, (long)copies.Length * cost) is { } wait)
        {
            return [new Storing.BudgetUsed(wait)];
        }

        Storing[] endings = [.. (await store.StoreAsync(connection, copies, charges)).Values];
        charges.GiveBack(payer, (long)endings.Count(ending => ending is not Storing.Stored) * cost);
        return endings;
    }

    private async Task<Live> FindAsync(RoomSignal signal)
    {
        var listening = signal.IsHidden ? 0 : (await fanOut.FindAsync(signal.Others, sender: null)).Listening;
        return new(listening, [], new HashSet<string>());
    }

    private async Task<Live> PublishAsync(NpgsqlConnection connection, RoomSignal signal)
    {
        string[] users = [.. signal.Others.Select(other => other.UserId)];
        var sessions = await DeliveryStore.FindRecipientsAsync(connection, users);
        var audience = new RoomAudience();
        foreach (var user in sessions.Where(own => !own.Any(recipient => recipient.IsBehind)))
        {
            audience.Add([.. user.Select(recipient => recipient.Session)], except: null, counts: true);
        }

        var (nodes, took) = await fanOut.PublishEachAsync(audience, signal.Copy);
        return new(sessions.Count, nodes, took);
    }

    // The sender's other sessions get a copy, as of any signal to a room, but it is not stored for them.
    private async Task PublishToOwnAsync(RoomSignal signal, Session? sender)
    {
        if (signal.Own is not { } own)
        {
            return;
        }

        try
        {
            var audience = await fanOut.FindAsync([own], sender);
            await fanOut.PublishAsync(audience, [own], sender, signal.Copy);
        }
        catch (Exception failure) when (DatabaseFailure.Is(failure))
        {
            LogNotPublished(failure.Message);
        }
    }

    private RoomSignal Write(Sender sender, SignalId id, RoomAddress address, SignalRequest request, bool isHidden)
    {
        using var envelope = envelopes.Write(id, sender, address, request);
        var timeToLive = request.TimeToLive!.Value;
        var written = envelope.Written.ToArray();
        var payer = Payer.Of(sender);
        return new(
            request,
            isHidden,
            address.Roster.Room.RoomId,
            address.Others,
            address.Members.FirstOrDefault(member => member.UserId == sender.Session?.UserId),
            new(Topology.KeyOfCopies(id.ToString()), written, signals.Value.InQueue(timeToLive)),
            RepeatKey.Of(sender, request),
            payer,
            member =>
                new()
                {
                    UserId = member.UserId,
                    Id = id.ToString(),
                    Member = new(address.Roster.Room.RoomId, member.MemberId),
                    Envelope = written,
                    TimeToLive = timeToLive,
                    Payer = payer,
                    IsPaid = true,
                    ReceiptTo = request.Receipt ? sender.Session!.UserId : null,
                }
        );
    }

    [LoggerMessage(LogLevel.Warning, "Could not publish a signal to a room to its sender's other sessions: {Reason}")]
    private partial void LogNotPublished(string reason);

    /// <param name="IsHidden">Whether the sender may not know which of them listen.</param>
    /// <param name="Own">The sender's membership, where its other sessions get a copy.</param>
    /// <param name="Repeat">Null when the sender has given the signal no id.</param>
    /// <param name="For">What is stored for a member.</param>
    private sealed record RoomSignal(
        SignalRequest Request,
        bool IsHidden,
        string Room,
        IReadOnlyList<RoomMember> Others,
        RoomMember? Own,
        RoomCopy Copy,
        RepeatKey? Repeat,
        Payer Payer,
        Func<RoomMember, StoredSignal> For
    );

    /// <summary>What a signal has reached without being stored, and the users whose queues have it.</summary>
    private sealed record Live(int Listening, IReadOnlyList<NodeReached> Nodes, IReadOnlySet<string> Users);
}
