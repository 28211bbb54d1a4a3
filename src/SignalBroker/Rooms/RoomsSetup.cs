using SignalBroker.Hosting;
using SignalBroker.Http;
using SignalBroker.Identity;
using SignalBroker.Sessions;

namespace SignalBroker.Rooms;

internal static class RoomsSetup
{
    private const string Kitchen = """
        {
          "room": "r.x2nGkVQ0rS8ZC1cYk6u3Jw",
          "name": "Kitchen",
          "kind": "broadcast",
          "open": false,
          "members": 1,
          "maxMembers": 1000,
          "version": 1,
          "owner": "m.Qy5dE7kq2wJm1c0bA9xR3g",
          "me": "m.Qy5dE7kq2wJm1c0bA9xR3g"
        }
        """;

    private static readonly string NewKitchen = Kitchen.Replace(
        "}",
        ", \"joinCode\": \"7KQ2M9XRPT\" }",
        StringComparison.Ordinal
    );

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
            app.MapPost("/rooms", (RoomEndpoints rooms, HttpRequest request) => rooms.CreateAsync(request))
                .WithName("createRoom")
                .WithSummary("Makes a room")
                .WithDescription(
                    "The user becomes its owner and first member. Only this answer, and that of a renewal, has the join code."
                )
                .TakesJson<CreateRoomRequest>("""{ "name": "Kitchen", "kind": "broadcast", "alias": "Fox" }""")
                .RequiresCredential()
                .Answers<RoomAnswer>(NewKitchen, StatusCodes.Status201Created)
                .Fails((409, "too-many-rooms"), (429, "too-many-memberships-of-address"));
            app.MapGet("/rooms", (RoomEndpoints rooms, HttpRequest request) => rooms.ListAsync(request))
                .WithName("listRooms")
                .WithSummary("Lists the rooms that the user is a member of")
                .WithDescription("Those of all the user's sessions: a member is a user.")
                .RequiresCredential()
                .Answers<IReadOnlyList<RoomAnswer>>($"[{Kitchen}]")
                .Fails();
            app.MapRoom(HttpMethods.Get, "", (rooms, request, room) => rooms.ShowAsync(request, room))
                .WithName("getRoom")
                .WithSummary("Shows a room to its members, an open one to everybody")
                .WithDescription("Non-members find no 'me' in it.")
                .Answers<RoomAnswer>(Kitchen)
                .FailsInRoom((403, "not-a-member"));
            app.MapRoom(HttpMethods.Delete, "", (rooms, request, room) => rooms.CloseAsync(request, room))
                .WithName("closeRoom")
                .WithSummary("Closes a room that the user owns")
                .WithDescription("All members are told, and none is left.")
                .Produces(StatusCodes.Status204NoContent)
                .FailsInRoom((403, "not-the-owner"));
            app.MapMembership();
            app.MapRemoval();
        }

        private void MapMembership()
        {
            app.MapRoom(HttpMethods.Post, "/join", (rooms, request, room) => rooms.JoinAsync(request, room))
                .WithName("joinRoom")
                .WithSummary("Joins a room")
                .WithDescription("A user who is a member already stays the same member.")
                .TakesJson<JoinRoomRequest>("""{ "joinCode": "7KQ2M9XRPT", "alias": "Fox" }""")
                .Answers<RoomAnswer>(Kitchen)
                .FailsInRoom(
                    (403, "join-code-wrong"),
                    (403, "removed-from-room"),
                    (409, "alias-taken"),
                    (409, "room-full"),
                    (409, "too-many-rooms"),
                    (429, "too-many-memberships-of-address")
                );
            app.MapRoom(
                    HttpMethods.Post,
                    "/join-code",
                    (rooms, request, room) => rooms.RenewJoinCodeAsync(request, room)
                )
                .WithName("renewJoinCode")
                .WithSummary("Gives a room that the user owns another join code")
                .WithDescription("The code before lets nobody in any more; whoever is a member stays one.")
                .Answers<RoomAnswer>(NewKitchen)
                .FailsInRoom((403, "not-the-owner"), (409, "room-open"));
            app.MapRoom(HttpMethods.Post, "/leave", (rooms, request, room) => rooms.LeaveAsync(request, room))
                .WithName("leaveRoom")
                .WithSummary("Leaves a room; a host closes it by leaving")
                .WithDescription("Answers 204 to non-members as well.")
                .Produces(StatusCodes.Status204NoContent)
                .Fails();
            app.MapRoom(HttpMethods.Post, "/reveal", (rooms, request, room) => rooms.RevealAsync(request, room))
                .WithName("reveal")
                .WithSummary("Tells the other members who an anonymous member is")
                .WithDescription("It is the member's own choice, and can't be taken back.")
                .Answers<RoomAnswer>(Kitchen)
                .FailsInRoom((403, "not-a-member"));
            app.MapRoom(HttpMethods.Get, "/members", (rooms, request, room) => rooms.MembersAsync(request, room))
                .WithName("listMembers")
                .WithSummary("Lists a room's members to its members")
                .WithDescription("In the order in which they joined, with the version that changes are told by.")
                .Answers<MembersAnswer>(
                    """
                    {
                      "room": "r.x2nGkVQ0rS8ZC1cYk6u3Jw",
                      "version": 7,
                      "members": [
                        {
                          "member": "m.Qy5dE7kq2wJm1c0bA9xR3g", "alias": "Fox", "userId": "alice",
                          "anonymous": false, "owner": true, "joinedAt": "2026-11-29T09:30:00.000Z"
                        }
                      ]
                    }
                    """
                )
                .FailsInRoom((403, "not-a-member"));
        }

        private void MapRemoval()
        {
            app.MapDelete(
                    "/rooms/{room}/members/{member}",
                    (RoomEndpoints rooms, HttpRequest request, string room, string member) =>
                        rooms.RemoveAsync(request, room, member)
                )
                .WithName("removeMember")
                .WithSummary("Removes a member from a room that the user owns")
                .WithDescription(
                    "The user is kept out for a while, whatever code it has: a day unless configured otherwise."
                )
                .RequiresCredential()
                .Produces(StatusCodes.Status204NoContent)
                .Parameter(Member)
                .Parameter(Room)
                .FailsInRoom((403, "not-a-member"), (403, "not-the-owner"), (404, "member-not-found"));
            app.MapDelete(
                    "/rooms/{room}/removals/{member}",
                    (RoomEndpoints rooms, HttpRequest request, string room, string member) =>
                        rooms.ReadmitAsync(request, room, member)
                )
                .WithName("readmitMember")
                .WithSummary("Lets a removed member's user join again, in a room that the user owns")
                .WithDescription("Answers 204 also where nobody was removed under that id.")
                .RequiresCredential()
                .Produces(StatusCodes.Status204NoContent)
                .Parameter(Member)
                .Parameter(Room)
                .FailsInRoom((403, "not-the-owner"), (404, "member-not-found"));
        }

        private RouteHandlerBuilder MapRoom(
            string method,
            string path,
            Func<RoomEndpoints, HttpRequest, string, Task<IResult>> handle
        ) =>
            app.MapMethods(
                    $"/rooms/{{room}}{path}",
                    [method],
                    (RoomEndpoints rooms, HttpRequest request, string room) => handle(rooms, request, room)
                )
                .RequiresCredential()
                .Parameter(Room);
    }

    private static void FailsInRoom(
        this RouteHandlerBuilder endpoint,
        params ReadOnlySpan<(int Status, string Code)> more
    ) => endpoint.Fails([(StatusCodes.Status404NotFound, "room-not-found"), .. more]);
}
