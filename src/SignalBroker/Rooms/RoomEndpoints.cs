using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using SignalBroker.Http;
using SignalBroker.Identity;
using SignalBroker.Sessions;
using SignalBroker.StrangeBehaviors;

namespace SignalBroker.Rooms;

/// <summary><c>/rooms</c>: makes rooms, and lets users in and out.</summary>
internal sealed class RoomEndpoints(
    RoomStore store,
    MembershipStore memberships,
    RoomDirectory rooms,
    RoomSignals signals,
    Departures departures,
    CopyLimiter copies,
    MembershipBudget budget,
    SessionProof proof,
    StrangeBehaviorLog strange,
    IOptions<RoomsOptions> options,
    TimeProvider clock
)
{
    private readonly RoomsOptions limits = options.Value;

    private readonly TokenBuckets<string> changes = new(
        options.Value.ChangesPerSecondOfUser,
        2 * options.Value.ChangesPerSecondOfUser,
        clock
    );

    /// <summary>Makes a room.</summary>
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
        using var membership = budget.Reserve(session);
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

    /// <summary>Lists the user's rooms.</summary>
    public async Task<IResult> ListAsync(HttpRequest request)
    {
        var session = await proof.RequireAsync(request, "/rooms");
        var found = await store.FindOfUserAsync(session.UserId);
        return TypedResults.Ok<IReadOnlyList<RoomAnswer>>([.. found.Select(RoomAnswer.Of)]);
    }

    /// <summary>Shows a room.</summary>
    public async Task<IResult> ShowAsync(HttpRequest request, string room)
    {
        var session = await proof.RequireAsync(request, "/rooms");
        var roster = await FindAsync(room);
        return roster.Room.Open || roster.FindUser(session.UserId) is not null
            ? TypedResults.Ok(RoomAnswer.Of(roster, session.UserId))
            : RoomProblems.NotAMember;
    }

    /// <summary>Lists a room's members.</summary>
    public async Task<IResult> MembersAsync(HttpRequest request, string room)
    {
        var session = await proof.RequireAsync(request, "/rooms");
        var (roster, _) = await FindMemberAsync(room, session);
        return TypedResults.Ok(MembersAnswer.Of(roster));
    }

    /// <summary>Makes the user a member.</summary>
    public async Task<IResult> JoinAsync(HttpRequest request, string room)
    {
        var session = await AuthenticateForChangeAsync(request);
        var wanted = await JsonBody.ReadAsync(request, RoomsJson.Default.JoinRoomRequest);
        Check("alias", wanted.Alias);
        CheckId(room);
        var member = new NewMember(RoomNames.NewMember(), session.UserId, wanted.Alias, wanted.Anonymous);
        using var membership = await CountJoiningAsync(room, session);
        var joined = await memberships.JoinAsync(room, member, HashOf(wanted.JoinCode), limits.MaxPerUser);
        switch (joined.Joining)
        {
            case Joining.Removed:
                return RoomProblems.Removed;
            case Joining.WrongCode:
                RecordWrongCode(request, session, wanted.JoinCode);
                return RoomProblems.WrongCode;
            case Joining.Full:
                return RoomProblems.Full;
            case Joining.UserFull:
                return RoomProblems.UserFull;
            case Joining.AliasTaken:
                return RoomProblems.AliasTaken;
            case Joining.NoRoom:
                return RoomProblems.NotFound;
            case Joining.Joined:
                membership?.Keep();
                await signals.TellAsync(room, RoomEvent.Joined, joined.Version, member.ToMember(), session);
                break;
            default:
                break;
        }

        // What the user sends next, another webapp must not send in the name of the member that it was.
        await Task.Delay(joined.TakenForAnother, clock);
        return TypedResults.Ok(RoomAnswer.Of(await FindAsync(room), session.UserId));
    }

    /// <summary>Ends the user's membership; a host takes the room along.</summary>
    public async Task<IResult> LeaveAsync(HttpRequest request, string room)
    {
        var session = await AuthenticateForChangeAsync(request);
        if (await rooms.FindNowAsync(room) is not { } roster || roster.FindUser(session.UserId) is not { } member)
        {
            // The same answer as before, should the first one have been lost.
            return TypedResults.NoContent();
        }

        await departures.LeaveAsync(roster, member, session);
        return TypedResults.NoContent();
    }

    /// <summary>Lets the others know who an anonymous member is.</summary>
    public async Task<IResult> RevealAsync(HttpRequest request, string room)
    {
        var session = await AuthenticateForChangeAsync(request);
        var (roster, member) = await FindMemberAsync(room, session);
        copies.Count(session, member.Anonymous ? roster.Members.Count : 0);
        if (await memberships.RevealAsync(room, member) is { } version)
        {
            await signals.TellAsync(room, RoomEvent.Revealed, version, member with { Anonymous = false }, session);
        }

        return TypedResults.Ok(RoomAnswer.Of(await FindAsync(room), session.UserId));
    }

    /// <summary>Has the owner end somebody else's membership.</summary>
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

    /// <summary>Has the owner end a removal.</summary>
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

        // The same answer whether there is one or not, should the first answer have been lost.
        await memberships.ReadmitAsync(room, member);
        return TypedResults.NoContent();
    }

    /// <summary>Has the owner give the room another join code; the one before lets nobody in any more.</summary>
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

    /// <summary>Closes a room.</summary>
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

    // The leaving is paid for as well, so that nobody who has joined can be kept from it.
    private async Task<Reservation?> CountJoiningAsync(string room, Session session)
    {
        if (await rooms.FindAsync(room) is not { } roster || roster.FindUser(session.UserId) is not null)
        {
            return null;
        }

        copies.Count(session, 2 * roster.Members.Count);
        return budget.Reserve(session);
    }

    private async Task<Session> AuthenticateForChangeAsync(HttpRequest request)
    {
        var session = await proof.RequireAsync(request, "/rooms");
        return changes.Take(session.UserId) is { } wait
            ? throw new RefusedException(Problem.TooManyRequests(wait))
            : session;
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

    private void RecordWrongCode(HttpRequest request, Session session, string? joinCode)
    {
        if (joinCode is not null)
        {
            strange.RecordBruteForce(request.HttpContext, "wrong join code of a room", session.ListeningKey);
        }
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

    // 50 random bits need no salt.
    private static byte[]? HashOf(string? joinCode) =>
        joinCode is null ? null : SHA256.HashData(Encoding.UTF8.GetBytes(joinCode.ToUpperInvariant()));
}
