using SignalBroker.Broker;
using SignalBroker.Database;
using SignalBroker.Sessions;
using SignalBroker.Signals;

namespace SignalBroker.Rooms;

/// <summary>Publishes one body to all sessions of a room's members: few publishes for each node, however many they are.</summary>
public sealed partial class RoomFanOut(
    SessionDirectory directory,
    SessionStore sessions,
    NodeLinks nodes,
    AddresseeLimiter limiter,
    RoomsMetrics metrics,
    ILogger<RoomFanOut> logger
)
{
    /// <summary>Finds the sessions of these members.</summary>
    /// <param name="members">Whom the signal is for.</param>
    /// <param name="sender">The session that sends it and does not get it; null when it has no sender.</param>
    public async ValueTask<RoomAudience> FindAsync(IReadOnlyList<RoomMember> members, Session? sender)
    {
        // All at once, so that those who are not remembered share a question.
        ValueTask<Session[]>[] finding =
        [
            .. members.Select(member => directory.FindListeningOfMemberAsync(member.UserId)),
        ];
        var audience = new RoomAudience();
        for (var number = 0; number < finding.Length; number++)
        {
            audience.Add(await finding[number], sender?.ListeningKey, counts: members[number].UserId != sender?.UserId);
        }

        return audience;
    }

    /// <summary>Publishes.</summary>
    /// <param name="audience">Where to.</param>
    /// <param name="members">Whom it is for, in case that some listen elsewhere by now.</param>
    /// <param name="sender">As for <see cref="FindAsync"/>.</param>
    /// <param name="copy">What is published.</param>
    public async Task<IReadOnlyList<NodeReached>> PublishAsync(
        RoomAudience audience,
        IReadOnlyList<RoomMember> members,
        Session? sender,
        RoomCopy copy
    )
    {
        var gone = new List<Session>();
        var reached = await PublishAsync(audience.Shares, copy, gone);
        return gone.Count == 0 ? reached : [.. reached, .. await TryOthersAsync(audience, members, sender, copy, gone)];
    }

    private async Task<NodeReached[]> PublishAsync(
        IEnumerable<RoomAudience.Share> shares,
        RoomCopy copy,
        List<Session> gone
    ) => await Task.WhenAll(shares.Select(share => PublishAsync(share, copy, gone)));

    private async Task<NodeReached> PublishAsync(RoomAudience.Share share, RoomCopy copy, List<Session> gone)
    {
        var taking = share.Sessions.FindAll(session => limiter.Takes(session, copy.Body.Length));
        if (taking.Count == 0)
        {
            return new(share.Members, RoomOutcome.Overloaded);
        }

        var queues = taking.ConvertAll(session => Topology.QueueOf(session.ListeningKey)).ToArray();
        var outcomes = await nodes.PublishAsync(share.Node, copy.Key, queues, copy.Body, copy.TimeToLive);
        var parts = taking.Chunk(Topology.CopiesPerPublish).ToArray();
        for (var number = 0; number < parts.Length; number++)
        {
            metrics.Copied(share.Node, outcomes[number], parts[number].Length);
            if (outcomes[number] == PublishOutcome.NotListening)
            {
                lock (gone)
                {
                    // One that is admitted but has no ack has not begun to listen.
                    gone.AddRange(parts[number].Where(session => session.Ack));
                }
            }
        }

        return new(share.Members, Sum(outcomes, queues.Length, all: taking.Count == share.Sessions.Count));
    }

    private static RoomOutcome Sum(PublishOutcome[] outcomes, int queues, bool all)
    {
        if (outcomes.Contains(PublishOutcome.Unknown))
        {
            return RoomOutcome.Unknown;
        }

        if (outcomes.Contains(PublishOutcome.Overloaded))
        {
            return queues == 1 ? RoomOutcome.Overloaded : RoomOutcome.Partly;
        }

        if (!outcomes.Contains(PublishOutcome.Queued))
        {
            return RoomOutcome.NotListening;
        }

        return all ? RoomOutcome.Queued : RoomOutcome.Partly;
    }

    // What was remembered was old, and they may already listen on new sessions.
    private async Task<NodeReached[]> TryOthersAsync(
        RoomAudience audience,
        IReadOnlyList<RoomMember> members,
        Session? sender,
        RoomCopy copy,
        List<Session> gone
    )
    {
        try
        {
            await sessions.DropAsync([.. gone.Select(session => session.ListeningKey)]);
            foreach (var session in gone)
            {
                directory.Forget(session.UserId, session.ListeningKey);
            }

            var tried = audience
                .Shares.SelectMany(share => share.Sessions)
                .Select(session => session.ListeningKey)
                .ToHashSet();
            var others = new RoomAudience();
            foreach (var member in members)
            {
                var found = await directory.FindListeningOfMemberAsync(member.UserId);
                others.Add(
                    Array.FindAll(found, session => !tried.Contains(session.ListeningKey)),
                    sender?.ListeningKey,
                    counts: member.UserId != sender?.UserId
                );
            }

            return await PublishAsync(others.Shares, copy, []);
        }
        catch (Exception failure) when (DatabaseFailure.Is(failure))
        {
            // What has been published can't be taken back, so its outcomes are the answer.
            LogNotDropped(gone.Count, failure.Message);
            return [];
        }
    }

    [LoggerMessage(LogLevel.Warning, "{Count} sessions of members that listen no more are dropped later: {Reason}")]
    private partial void LogNotDropped(int count, string reason);
}

/// <summary>What is published to a room's sessions.</summary>
/// <param name="Key">What every receiver sees as the destination.</param>
/// <param name="Body">The envelope.</param>
/// <param name="TimeToLive">How long it may wait in each queue.</param>
public sealed record RoomCopy(string Key, ReadOnlyMemory<byte> Body, TimeSpan TimeToLive);
