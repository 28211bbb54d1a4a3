using System.Net;
using Microsoft.Extensions.Options;
using SignalBroker.Http;
using SignalBroker.Sessions;

namespace SignalBroker.Rooms;

/// <summary>How many memberships the users of an address may begin in a day, those in rooms that they make included.</summary>
internal sealed class MembershipBudget(IOptions<RoomsOptions> options, TimeProvider clock)
{
    private readonly DailyBudget<IPAddress> addresses = new(options.Value.MembershipsPerDayOfAddress, clock);

    /// <summary>Counts a membership before it begins; null if the session's do not count.</summary>
    /// <exception cref="RefusedException">The address has begun as many as it may for now.</exception>
    public Reservation? Reserve(Session session)
    {
        if (session.Address is not { } address)
        {
            return null;
        }

        var membership = addresses.Reserve(address);
        return membership.Wait is { } wait
            ? throw new RefusedException(RoomProblems.TooManyMemberships(wait))
            : membership;
    }
}
