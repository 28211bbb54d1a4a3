using SignalBroker.Hosting;
using SignalBroker.Http;
using SignalBroker.Sessions;

namespace SignalBroker.Rooms;

internal static class RoomsSetup
{
    extension(WebApplicationBuilder builder)
    {
        /// <summary>Adds what makes rooms and sends to them.</summary>
        public void AddRooms()
        {
            builder.AddJson(RoomsJson.Default);
            builder.AddSettings<RoomsOptions>(RoomsOptions.Section);
            builder.Services.AddSingleton<RoomStore>();
            builder.Services.AddSingleton<MembershipStore>();
            builder.Services.AddSingleton<RoomDirectory>();
            builder.Services.AddSingleton<IAnnouncedMemory>(services => services.GetRequiredService<RoomDirectory>());
            builder.Services.AddSingleton<RoomsMetrics>();
            builder.Services.AddSingleton<RoomFanOut>();
            builder.Services.AddSingleton<RoomEnvelopeWriter>();
            builder.Services.AddSingleton<RoomSignals>();
            builder.Services.AddSingleton<Departures>();
            builder.Services.AddSingleton<RoomInbox>();
            builder.Services.AddSingleton<CopyLimiter>();
            builder.Services.AddSingleton<RoomAddresses>();
            builder.Services.AddSingleton<RoomExchange>();
            builder.Services.AddSingleton<MembershipBudget>();
            builder.Services.AddSingleton<RoomEndpoints>();
            builder.Services.AddHostedService<RoomSweeper>();
            builder.Services.AddHostedService<UserSweeper>();
        }
    }

    extension(WebApplication app)
    {
        /// <summary>Maps <c>/rooms</c>.</summary>
        public void MapRooms()
        {
            app.MapPost("/rooms", (RoomEndpoints rooms, HttpRequest request) => rooms.CreateAsync(request))
                .WithSummary("Makes a room")
                .WithDescription("The user becomes its owner and first member.")
                .TakesJson<CreateRoomRequest>()
                .RequiresCredential()
                .Produces<RoomAnswer>(StatusCodes.Status201Created)
                .Fails(400, 401, 403, 409, 413, 415, 429, 503);
            app.MapGet("/rooms", (RoomEndpoints rooms, HttpRequest request) => rooms.ListAsync(request))
                .WithSummary("Lists the rooms that the user is a member of")
                .RequiresCredential()
                .Produces<IReadOnlyList<RoomAnswer>>()
                .Fails(401, 429, 503);
            app.MapGet(
                    "/rooms/{room}",
                    (RoomEndpoints rooms, HttpRequest request, string room) => rooms.ShowAsync(request, room)
                )
                .WithSummary("Shows a room to its members, an open one to everybody")
                .RequiresCredential()
                .Produces<RoomAnswer>()
                .Fails(401, 403, 404, 429, 503);
            app.MapDelete(
                    "/rooms/{room}",
                    (RoomEndpoints rooms, HttpRequest request, string room) => rooms.CloseAsync(request, room)
                )
                .WithSummary("Closes a room that the user owns")
                .RequiresCredential()
                .Produces(StatusCodes.Status204NoContent)
                .Fails(401, 403, 404, 429, 503);
            app.MapMembership();
        }

        private void MapMembership()
        {
            app.MapPost(
                    "/rooms/{room}/join",
                    (RoomEndpoints rooms, HttpRequest request, string room) => rooms.JoinAsync(request, room)
                )
                .WithSummary("Joins a room")
                .WithDescription("Whoever is a member already stays the member that it was.")
                .TakesJson<JoinRoomRequest>()
                .RequiresCredential()
                .Produces<RoomAnswer>()
                .Fails(400, 401, 403, 404, 409, 413, 415, 429, 503);
            app.MapPost(
                    "/rooms/{room}/join-code",
                    (RoomEndpoints rooms, HttpRequest request, string room) => rooms.RenewJoinCodeAsync(request, room)
                )
                .WithSummary("Gives a room that the user owns another join code")
                .WithDescription("The code before lets nobody in any more; whoever is a member stays one.")
                .RequiresCredential()
                .Produces<RoomAnswer>()
                .Fails(401, 403, 404, 409, 429, 503);
            app.MapPost(
                    "/rooms/{room}/leave",
                    (RoomEndpoints rooms, HttpRequest request, string room) => rooms.LeaveAsync(request, room)
                )
                .WithSummary("Leaves a room; a host closes it by leaving")
                .RequiresCredential()
                .Produces(StatusCodes.Status204NoContent)
                .Fails(401, 403, 429, 503);
            app.MapPost(
                    "/rooms/{room}/reveal",
                    (RoomEndpoints rooms, HttpRequest request, string room) => rooms.RevealAsync(request, room)
                )
                .WithSummary("Tells the other members who an anonymous member is")
                .RequiresCredential()
                .Produces<RoomAnswer>()
                .Fails(401, 403, 404, 429, 503);
            app.MapGet(
                    "/rooms/{room}/members",
                    (RoomEndpoints rooms, HttpRequest request, string room) => rooms.MembersAsync(request, room)
                )
                .WithSummary("Lists a room's members to its members")
                .RequiresCredential()
                .Produces<MembersAnswer>()
                .Fails(401, 403, 404, 429, 503);
            app.MapDelete(
                    "/rooms/{room}/removals/{member}",
                    (RoomEndpoints rooms, HttpRequest request, string room, string member) =>
                        rooms.ReadmitAsync(request, room, member)
                )
                .WithSummary("Lets a removed member's user join again, in a room that the user owns")
                .RequiresCredential()
                .Produces(StatusCodes.Status204NoContent)
                .Fails(401, 403, 404, 429, 503);
            app.MapDelete(
                    "/rooms/{room}/members/{member}",
                    (RoomEndpoints rooms, HttpRequest request, string room, string member) =>
                        rooms.RemoveAsync(request, room, member)
                )
                .WithSummary("Removes a member from a room that the user owns")
                .WithDescription(
                    "The user is kept out for a while, whatever code it has: a day unless configured otherwise."
                )
                .RequiresCredential()
                .Produces(StatusCodes.Status204NoContent)
                .Fails(401, 403, 404, 429, 503);
        }
    }
}
