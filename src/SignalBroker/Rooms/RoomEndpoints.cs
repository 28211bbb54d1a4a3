using System.Net;
using System.Security.Cryptography;
using System.Text;
using SignalBroker.Sessions;
using SignalBroker.StrangeBehaviors;

namespace SignalBroker.Rooms;

/// <summary><c>/rooms</c>: creates rooms, and lets users join and leave.</summary>
internal sealed class RoomEndpoints(
    RoomStore store,
    MembershipStore members,
    RoomDirectory rooms,
    RoomSignals signals,
    Departures departures,
    CopyLimiter copies,
    SessionProof proof,
    StrangeBehaviorLog strange,
    LimitMetrics refusals,
    IOptions<RoomsOptions> options,
    TimeProvider clock
)
{
    private readonly RoomsOptions limits = options.Value;

    // Of the users of an address; creating a room counts as joining it.
    private readonly DailyBudget<IPAddress> memberships = new(options.Value.MembershipsPerDayOfAddress, clock);

    private readonly TokenBuckets<string> changes = new(
        options.Value.ChangesPerSecondOfUser,
        2 * options.Value.ChangesPerSecondOfUser,
        clock
    );

    /// <summary>Makes a room.</summary>
    /// <remarks>The user becomes owner and first member. Only this answer and a renewal's have the join code.</remarks>
    public async Task<IResult> CreateAsync(HttpRequest request)
    {
        var session = await AuthenticateForChangeAsync(request);
        var wanted = await JsonBody.ReadAsync(request, RoomsJson.Default.CreateRoomRequest);
        Check("name", wanted.Name);
        Check("alias", wanted.Alias);
        if (wanted.MaxMembers is { } most && (most < 1 || most > limits.MaxMembers))
        {
            return Problem.InvalidMember("maxMembers", $"must be a number from 1 to {limits.MaxMembers}");
        }

        var joinCode = wanted.Open ? null : RoomNames.NewJoinCode();
        var room = new NewRoom(
            RoomNames.NewRoom(),
            wanted.Name,
            wanted.Kind,
            wanted.Open,
            HashOf(joinCode),
            wanted.MaxMembers ?? limits.MaxMembers
        );
        var owner = new NewMember(RoomNames.NewMember(), session.UserId, wanted.Alias, wanted.Anonymous);
        using var membership = Reserve(session);
        if (!await store.CreateAsync(room, owner, limits.MaxPerUser))
        {
            return RoomProblems.UserFull;
        }

        membership?.Keep();
        return TypedResults.Created(
            $"/rooms/{room.RoomId}",
            RoomAnswer.Of(await FindAsync(room.RoomId), session.UserId, joinCode)
        );
    }

    /// <summary>Lists the rooms that the user is a member of.</summary>
    /// <remarks>Those of all the user's sessions: a member is a user.</remarks>
    public async Task<IResult> ListAsync(HttpRequest request)
    {
        var session = await proof.RequireAsync(request, "/rooms");
        var found = await store.FindOfUserAsync(session.UserId);
        return TypedResults.Ok<IReadOnlyList<RoomAnswer>>([.. found.Select(RoomAnswer.Of)]);
    }

    /// <summary>Shows a room to its members, an open one to everybody.</summary>
    /// <remarks>Non-members find no <c>me</c> in it.</remarks>
    public async Task<IResult> ShowAsync(HttpRequest request, string room)
    {
        var session = await proof.RequireAsync(request, "/rooms");
        var roster = await FindAsync(room);
        return roster.Room.Open || roster.FindUser(session.UserId) is not null
            ? TypedResults.Ok(RoomAnswer.Of(roster, session.UserId))
            : RoomProblems.NotAMember;
    }

    /// <summary>Lists a room's members to its members.</summary>
    /// <remarks>In the order in which they joined, with the version that changes are told by.</remarks>
    public async Task<IResult> MembersAsync(HttpRequest request, string room)
    {
        var session = await proof.RequireAsync(request, "/rooms");
        var (roster, _) = await FindMemberAsync(room, session);
        return TypedResults.Ok(MembersAnswer.Of(roster));
    }

    /// <summary>Joins a room.</summary>
    /// <remarks>A user who is a member already stays the same member.</remarks>
    public async Task<IResult> JoinAsync(HttpRequest request, string room)
    {
        var session = await AuthenticateForChangeAsync(request);
        var wanted = await JsonBody.ReadAsync(request, RoomsJson.Default.JoinRoomRequest);
        Check("alias", wanted.Alias);
        CheckId(room);
        var member = new NewMember(RoomNames.NewMember(), session.UserId, wanted.Alias, wanted.Anonymous);
        using var membership = await CountJoiningAsync(room, session);
        var joined = await members.JoinAsync(room, member, HashOf(wanted.JoinCode), limits.MaxPerUser);
        if (joined.Joining == Joining.WrongCode && wanted.JoinCode is not null)
        {
            strange.RecordBruteForce(request.HttpContext, "wrong join code of a room", session.ListeningKey);
        }

        if (RoomProblems.Of(joined.Joining) is { } problem)
        {
            return problem;
        }

        if (joined.Joining == Joining.Joined)
        {
            membership?.Keep();
            await signals.TellAsync(room, RoomEvent.Joined, joined.Version, member.ToMember(), session);
        }

        // Otherwise another webapp could send the user's next signal in the name of the member that it was before.
        await Task.Delay(joined.TakenForAnother, clock);
        return TypedResults.Ok(RoomAnswer.Of(await FindAsync(room), session.UserId));
    }

    /// <summary>Leaves a room; a host closes it by leaving.</summary>
    /// <remarks>Answers 204 to non-members as well.</remarks>
    public async Task<IResult> LeaveAsync(HttpRequest request, string room)
    {
        var session = await AuthenticateForChangeAsync(request);
        if (await rooms.FindNowAsync(room) is not { } roster || roster.FindUser(session.UserId) is not { } member)
        {
            // A repeat gets the same answer, in case the first one was lost.
            return TypedResults.NoContent();
        }

        await departures.LeaveAsync(roster, member, session);
        return TypedResults.NoContent();
    }

    /// <summary>Tells the other members who an anonymous member is.</summary>
    /// <remarks>It is the member's own choice, and can't be taken back.</remarks>
    public async Task<IResult> RevealAsync(HttpRequest request, string room)
    {
        var session = await AuthenticateForChangeAsync(request);
        var (roster, member) = await FindMemberAsync(room, session);
        copies.Count(session, member.Anonymous ? roster.Members.Count : 0);
        if (await members.RevealAsync(room, member) is { } version)
        {
            await signals.TellAsync(room, RoomEvent.Revealed, version, member with { Anonymous = false }, session);
        }

        return TypedResults.Ok(RoomAnswer.Of(await FindAsync(room), session.UserId));
    }

    /// <summary>Removes a member from a room that the user owns.</summary>
    /// <remarks>The user is kept out for a while, whatever code it has: a day unless configured otherwise.</remarks>
    public async Task<IResult> RemoveAsync(HttpRequest request, string room, string member)
    {
        var session = await AuthenticateForChangeAsync(request);
        var (roster, own) = await FindMemberAsync(room, session);
        if (own != roster.Owner)
        {
            return RoomProblems.NotTheOwner;
        }

        if (roster.FindMember(member) is not { } removed || removed == own)
        {
            return RoomProblems.MemberNotFound;
        }

        await departures.RemoveAsync(roster, removed, session);
        return TypedResults.NoContent();
    }

    /// <summary>Lets a removed member's user join again, in a room that the user owns.</summary>
    /// <remarks>Answers 204 also where nobody was removed under that id.</remarks>
    public async Task<IResult> ReadmitAsync(HttpRequest request, string room, string member)
    {
        var session = await AuthenticateForChangeAsync(request);
        if ((await FindAsync(room)).Room.Owner != session.UserId)
        {
            return RoomProblems.NotTheOwner;
        }

        if (!RoomNames.IsMember(member))
        {
            return RoomProblems.MemberNotFound;
        }

        // A repeat gets the same answer, in case the first one was lost.
        await members.ReadmitAsync(room, member);
        return TypedResults.NoContent();
    }

    /// <summary>Gives a room that the user owns another join code.</summary>
    /// <remarks>The code before lets nobody in any more; whoever is a member stays one.</remarks>
    public async Task<IResult> RenewJoinCodeAsync(HttpRequest request, string room)
    {
        var session = await AuthenticateForChangeAsync(request);
        var roster = await FindAsync(room);
        if (roster.Room.Owner == session.UserId && roster.Room.Open)
        {
            return RoomProblems.Open;
        }

        var joinCode = RoomNames.NewJoinCode();
        return await store.ChangeCodeAsync(room, session.UserId, HashOf(joinCode)!)
            ? TypedResults.Ok(RoomAnswer.Of(roster, session.UserId, joinCode))
            : RoomProblems.NotTheOwner;
    }

    /// <summary>Closes a room that the user owns.</summary>
    /// <remarks>All members are told, and none is left.</remarks>
    public async Task<IResult> CloseAsync(HttpRequest request, string room)
    {
        var session = await AuthenticateForChangeAsync(request);
        var roster = await FindAsync(room);
        if (roster.Room.Owner != session.UserId)
        {
            return RoomProblems.NotTheOwner;
        }

        await departures.CloseAsync(roster, session);
        return TypedResults.NoContent();
    }

    // Leaving is counted in advance, so that no limit can keep a member from it.
    private async Task<Reservation?> CountJoiningAsync(string room, Session session)
    {
        if (await rooms.FindAsync(room) is not { } roster || roster.FindUser(session.UserId) is not null)
        {
            return null;
        }

        copies.Count(session, 2 * roster.Members.Count);
        return Reserve(session);
    }

    // Null if the session has no address, so that nothing is counted.
    private Reservation? Reserve(Session session)
    {
        var membership = session.Address is { } address ? memberships.Reserve(address) : null;
        if (membership?.Wait is { } wait)
        {
            refusals.Refused($"{RoomsOptions.Section}:{nameof(RoomsOptions.MembershipsPerDayOfAddress)}");
            throw new RefusedException(RoomProblems.TooManyMemberships(wait));
        }

        return membership;
    }

    private async Task<Session> AuthenticateForChangeAsync(HttpRequest request)
    {
        var session = await proof.RequireAsync(request, "/rooms");
        if (changes.Take(session.UserId) is { } wait)
        {
            refusals.Refused($"{RoomsOptions.Section}:{nameof(RoomsOptions.ChangesPerSecondOfUser)}");
            throw new RefusedException(Problem.TooManyRequests(wait));
        }

        return session;
    }

    private async Task<RoomRoster> FindAsync(string room)
    {
        CheckId(room);
        return await rooms.FindNowAsync(room) ?? throw new RefusedException(RoomProblems.NotFound);
    }

    private async Task<(RoomRoster Roster, RoomMember Member)> FindMemberAsync(string room, Session session)
    {
        var roster = await FindAsync(room);
        return (roster, roster.FindUser(session.UserId) ?? throw new RefusedException(RoomProblems.NotAMember));
    }

    private static void CheckId(string room)
    {
        if (!RoomNames.IsRoom(room))
        {
            throw new RefusedException(RoomProblems.NotFound);
        }
    }

    private static void Check(string name, string? text)
    {
        if (text is not null && !RoomNames.IsAlias(text))
        {
            throw new RefusedException(Problem.InvalidMember(name, $"must have {RoomNames.AliasRule}"));
        }
    }

    // A code has 50 random bits, so it needs no salt.
    private static byte[]? HashOf(string? joinCode) =>
        joinCode is null ? null : SHA256.HashData(Encoding.UTF8.GetBytes(joinCode.ToUpperInvariant()));
}
