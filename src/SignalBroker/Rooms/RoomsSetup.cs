using SignalBroker.Sessions;

namespace SignalBroker.Rooms;

internal static class RoomsSetup
{
    private static readonly ApiParameter Room = new("room", "The room's id.") { Pattern = RoomNames.RoomPattern };

    private static readonly ApiParameter Member = new("member", "The member's id.")
    {
        Pattern = RoomNames.MemberPattern,
    };

    extension(WebApplicationBuilder builder)
    {
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
            builder.Services.AddSingleton<IUserData>(services => services.GetRequiredService<Departures>());
            builder.Services.AddSingleton<RoomInbox>();
            builder.Services.AddSingleton<CopyLimiter>();
            builder.Services.AddSingleton<RoomAddresses>();
            builder.Services.AddSingleton<RoomExchange>();
            builder.Services.AddSingleton<RoomEndpoints>();
            builder.Services.AddHostedService<RoomSweeper>();
            builder.Services.AddHostedService<UserSweeper>();
        }
    }

    extension(WebApplication app)
    {
        public void MapRooms()
        {
            var rooms = app.Services.GetRequiredService<RoomEndpoints>();
            app.MapPost("/rooms", rooms.CreateAsync)
                .WithName("createRoom")
                .Accepts<CreateRoomRequest>(RequestBody.Json)
                .RequiresCredential()
                .Produces<RoomAnswer>(StatusCodes.Status201Created)
                .Fails(409, "too-many-rooms")
                .Fails(429, "too-many-memberships-of-address");
            app.MapGet("/rooms", rooms.ListAsync)
                .WithName("listRooms")
                .RequiresCredential()
                .Produces<IReadOnlyList<RoomAnswer>>();
            app.MapGet("/rooms/{room}", rooms.ShowAsync)
                .WithName("getRoom")
                .Produces<RoomAnswer>()
                .OfRoom()
                .Fails(403, "not-a-member");
            app.MapDelete("/rooms/{room}", rooms.CloseAsync)
                .WithName("closeRoom")
                .Produces(StatusCodes.Status204NoContent)
                .OfRoom()
                .Fails(403, "not-the-owner");
            app.MapPost("/rooms/{room}/join", rooms.JoinAsync)
                .WithName("joinRoom")
                .Accepts<JoinRoomRequest>(RequestBody.Json)
                .Produces<RoomAnswer>()
                .OfRoom()
                .Fails(403, "join-code-wrong", "removed-from-room")
                .Fails(409, "alias-taken", "room-full", "too-many-rooms")
                .Fails(429, "too-many-memberships-of-address");
            app.MapPost("/rooms/{room}/join-code", rooms.RenewJoinCodeAsync)
                .WithName("renewJoinCode")
                .Produces<RoomAnswer>()
                .OfRoom()
                .Fails(403, "not-the-owner")
                .Fails(409, "room-open");
            app.MapPost("/rooms/{room}/leave", rooms.LeaveAsync)
                .WithName("leaveRoom")
                .RequiresCredential()
                .Produces(StatusCodes.Status204NoContent)
                .Parameter(Room);
            app.MapPost("/rooms/{room}/reveal", rooms.RevealAsync)
                .WithName("reveal")
                .Produces<RoomAnswer>()
                .OfRoom()
                .Fails(403, "not-a-member");
            app.MapGet("/rooms/{room}/members", rooms.MembersAsync)
                .WithName("listMembers")
                .Produces<MembersAnswer>()
                .OfRoom()
                .Fails(403, "not-a-member");
            app.MapDelete("/rooms/{room}/members/{member}", rooms.RemoveAsync)
                .WithName("removeMember")
                .Produces(StatusCodes.Status204NoContent)
                .OfRoom()
                .Parameter(Member)
                .Fails(403, "not-a-member", "not-the-owner")
                .Fails(404, "member-not-found");
            app.MapDelete("/rooms/{room}/removals/{member}", rooms.ReadmitAsync)
                .WithName("readmitMember")
                .Produces(StatusCodes.Status204NoContent)
                .OfRoom()
                .Parameter(Member)
                .Fails(403, "not-the-owner")
                .Fails(404, "member-not-found");
        }
    }

    // What a room in the path brings along.
    private static RouteHandlerBuilder OfRoom(this RouteHandlerBuilder endpoint) =>
        endpoint.RequiresCredential().Parameter(Room).Fails(404, "room-not-found");
}
