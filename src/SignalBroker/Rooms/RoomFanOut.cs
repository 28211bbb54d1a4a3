using SignalBroker.Broker;
using SignalBroker.Presence;
using SignalBroker.Sessions;
using SignalBroker.Signals;
using SignalBroker.Visibility;

namespace SignalBroker.Rooms;

/// <summary>Publishes one body to all sessions of a room's members, with few publishes per node.</summary>
internal sealed partial class RoomFanOut(
    SessionDirectory directory,
    NodeLinks nodes,
    AddresseeLimiter limiter,
    HiddenQueue queue,
    VisibilityPolicy visibility,
    RoomsMetrics metrics,
    ILogger<RoomFanOut> logger
)
{
    /// <summary>Finds the sessions of these members, without the sender's own.</summary>
    public ValueTask<RoomAudience> FindAsync(IReadOnlyList<RoomMember> members, Session? sender) =>
        FindAsync(members, sender, member => directory.FindListeningOfMemberAsync(member.UserId));

    /// <summary>The same for a sender who may not see some of them: these are read from the database.</summary>
    /// <remarks>Memory forgets users whose sessions change, and the answer's time would tell that it has.</remarks>
    public ValueTask<RoomAudience> FindHiddenAsync(IReadOnlyList<RoomMember> members, Session sender) =>
        FindAsync(
            members,
            sender,
            member =>
                member.Anonymous || visibility.HidesMembers
                    ? new(directory.FindListeningNowAsync(member.UserId))
                    : directory.FindListeningOfMemberAsync(member.UserId)
        );

    private static async ValueTask<RoomAudience> FindAsync(
        IReadOnlyList<RoomMember> members,
        Session? sender,
        Func<RoomMember, ValueTask<Session[]>> findAsync
    )
    {
        // All at once, so that one query answers for all who are not remembered.
        ValueTask<Session[]>[] finding = [.. members.Select(findAsync)];
        var audience = new RoomAudience();
        for (var number = 0; number < finding.Length; number++)
        {
            audience.Add(await finding[number], sender?.KnownAs, counts: members[number].UserId != sender?.UserId);
        }

        return audience;
    }

    /// <param name="members">Whom it is for, in case some listen elsewhere by now.</param>
    /// <param name="sender">The session that sends it and does not get it; null when it has no sender.</param>
    public async Task<IReadOnlyList<NodeReached>> PublishAsync(
        RoomAudience audience,
        IReadOnlyList<RoomMember> members,
        Session? sender,
        RoomCopy copy
    )
    {
        var reached = await FollowAsync(await PublishAsync(audience.Shares, copy), sender, copy);
        Session[] gone = [.. reached.SelectMany(share => share.Gone)];
        if (gone.Length > 0)
        {
            reached = [.. reached, .. await TryOthersAsync(audience, members, sender, copy, gone)];
        }

        if (Array.TrueForAll(reached, share => share.Reached.Outcome != PublishOutcome.Unknown))
        {
            // A copy whose outcome is unknown may still wait to be written to a node.
            copy.Buffer?.Dispose();
        }

        return Array.ConvertAll(reached, share => share.Reached);
    }

    /// <summary>Publishes later, for a sender who may not see whether some of the members listen.</summary>
    /// <remarks>So how long the sender waits does not tell; nor is it less work where none of them listens.</remarks>
    /// <exception cref="RefusedException">Too many wait already.</exception>
    public void PublishHidden(IReadOnlyList<RoomMember> members, Session sender, RoomCopy copy)
    {
        queue.Add(
            sender.ListeningKey,
            copy.Body.Length,
            async () =>
            {
                var audience = await FindHiddenAsync(members, sender);
                return () =>
                    audience.Sessions > 0 ? PublishAsync(audience, members, sender, copy) : PublishNowhereAsync(copy);
            }
        );

        async Task PublishNowhereAsync(RoomCopy copy)
        {
            if (await nodes.PublishNowhereAsync(copy.Body, copy.TimeToLive) != PublishOutcome.Unknown)
            {
                copy.Buffer?.Dispose();
            }
        }
    }

    /// <summary>Publishes to each session separately, so that the broker confirms each one.</summary>
    /// <returns>The outcome on each node, and the users of whom at least one queue has it.</returns>
    public async Task<(IReadOnlyList<NodeReached> Nodes, IReadOnlySet<string> Users)> PublishEachAsync(
        RoomAudience audience,
        RoomCopy copy
    )
    {
        var published = await FollowAsync(
            await Task.WhenAll(audience.Shares.Select(share => PublishAsync(share, copy, largestPart: 1))),
            sender: null,
            copy
        );
        await DropAsync([.. published.SelectMany(share => share.Gone)]);
        return (
            [.. published.Select(share => share.Reached)],
            published.SelectMany(share => share.Of(PublishOutcome.Queued)).Select(session => session.UserId).ToHashSet()
        );
    }

    private async Task<Published> PublishAsync(RoomAudience.Share share, RoomCopy copy, int largestPart)
    {
        var parts = share
            .Sessions.Where(session => limiter.Takes(session, copy.Body.Length))
            .Chunk(largestPart)
            .ToArray();
        var outcomes = await nodes.PublishAsync(
            share.Node,
            copy.Key,
            Array.ConvertAll(parts, part => Array.ConvertAll(part, session => session.Queue)),
            copy.Body,
            copy.TimeToLive
        );
        for (var number = 0; number < parts.Length; number++)
        {
            metrics.Copied(share.Node, outcomes[number], parts[number].Length);
        }

        return new(share, parts, outcomes);
    }

    private Task<Published[]> PublishAsync(IEnumerable<RoomAudience.Share> shares, RoomCopy copy) =>
        Task.WhenAll(shares.Select(share => PublishAsync(share, copy, Topology.CopiesPerPublish)));

    // Publishes to the successors of sessions that were succeeded meanwhile. Of a part that was not published, it is not known which.
    private async Task<Published[]> FollowAsync(Published[] published, Session? sender, RoomCopy copy)
    {
        var moved = published.SelectMany(share => share.Of(PublishOutcome.Moved)).ToHashSet();
        if (moved.Count == 0)
        {
            return published;
        }

        var successors = new RoomAudience();
        try
        {
            foreach (var session in moved)
            {
                if (await directory.FindSuccessorAsync(session) is { } successor)
                {
                    successors.Add([successor], sender?.KnownAs, counts: successor.UserId != sender?.UserId);
                }
            }
        }
        catch (Exception failure) when (DatabaseFailure.Is(failure))
        {
            LogNotTried(failure.Message);
        }

        return
        [
            .. published
                .Select(share => share.Without(moved, sender?.UserId))
                .Where(share => share.Share.Sessions.Count > 0),
            .. await PublishAsync(successors.Shares, copy),
        ];
    }

    // Memory was out of date, and the members may already have new sessions.
    private async Task<Published[]> TryOthersAsync(
        RoomAudience audience,
        IReadOnlyList<RoomMember> members,
        Session? sender,
        RoomCopy copy,
        Session[] gone
    )
    {
        if (!await DropAsync(gone))
        {
            return [];
        }

        try
        {
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
                    sender?.KnownAs,
                    counts: member.UserId != sender?.UserId
                );
            }

            return await PublishAsync(others.Shares, copy);
        }
        catch (Exception failure) when (DatabaseFailure.Is(failure))
        {
            // What has been published can't be recalled, so its outcomes are the answer.
            LogNotTried(failure.Message);
            return [];
        }
    }

    private async Task<bool> DropAsync(Session[] gone)
    {
        if (gone.Length == 0)
        {
            return true;
        }

        try
        {
            await directory.DropAsync(gone);
            return true;
        }
        catch (Exception failure) when (DatabaseFailure.Is(failure))
        {
            LogNotDropped(gone.Length, failure.Message);
            return false;
        }
    }

    [LoggerMessage(LogLevel.Warning, "Postponed dropping {Count} sessions of members that stopped listening: {Reason}")]
    private partial void LogNotDropped(int count, string reason);

    [LoggerMessage(LogLevel.Warning, "Could not look for other sessions of members that stopped listening: {Reason}")]
    private partial void LogNotTried(string reason);

    /// <summary>What became of the publishes to one node.</summary>
    private sealed record Published(RoomAudience.Share Share, Session[][] Parts, PublishOutcome[] Outcomes)
    {
        // A session that is admitted but not acked has not begun to listen.
        public IEnumerable<Session> Gone => Of(PublishOutcome.NotListening).Where(session => session.Ack);

        public NodeReached Reached => new(Share.Members, Sum());

        public IEnumerable<Session> Of(PublishOutcome outcome) =>
            Parts.Where((_, number) => Outcomes[number] == outcome).SelectMany(part => part);

        /// <summary>The same without some of the sessions, and the parts that they are in.</summary>
        /// <param name="sender">The user who does not count; null for none.</param>
        public Published Without(HashSet<Session> some, string? sender)
        {
            int[] rest = [.. Enumerable.Range(0, Parts.Length).Where(part => !some.Contains(Parts[part][0]))];
            return new(
                Share.Without(some, sender),
                Array.ConvertAll(rest, part => Parts[part]),
                Array.ConvertAll(rest, part => Outcomes[part])
            );
        }

        private PublishOutcome Sum()
        {
            if (Outcomes.Contains(PublishOutcome.Unknown))
            {
                return PublishOutcome.Unknown;
            }

            var tried = Parts.Sum(part => part.Length);
            var hasSome = Outcomes.Contains(PublishOutcome.Queued) || Outcomes.Contains(PublishOutcome.Partly);
            var lacksSome = tried < Share.Sessions.Count || Outcomes.Contains(PublishOutcome.Overloaded);
            return (hasSome, lacksSome || Outcomes.Contains(PublishOutcome.Partly)) switch
            {
                (true, true) => PublishOutcome.Partly,
                (true, false) => PublishOutcome.Queued,
                (false, true) => PublishOutcome.Overloaded,
                (false, false) => PublishOutcome.NotListening,
            };
        }
    }
}

/// <summary>What is published to a room's sessions.</summary>
/// <param name="Key">What every recipient sees as the destination.</param>
/// <param name="TimeToLive">How long it may wait in each queue.</param>
/// <param name="Buffer">Holds the body, and is disposed of when nothing reads it any more; null if not pooled.</param>
internal sealed record RoomCopy(string Key, ReadOnlyMemory<byte> Body, TimeSpan TimeToLive, IDisposable? Buffer = null)
{
    public static RoomCopy Of(SignalId id, PooledBuffer envelope, TimeSpan timeToLive) =>
        new(Topology.KeyOfCopies(id.ToString()), envelope.Written, timeToLive, envelope);
}
