using System.Net;
using SignalBroker.Identity;
using SignalBroker.Rooms;
using SignalBroker.Sessions;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Rooms;

/// <summary>When a room is removed because nobody is there.</summary>
public sealed class EmptyRoomTests(TestCluster cluster)
{
    private static readonly TimeSpan EmptyFor = TimeSpan.FromHours(1);

    private readonly RoomStore store = new(cluster.Database);

    [Fact]
    public async Task A_room_is_removed_when_its_members_have_all_been_offline_for_a_while()
    {
        var owner = await cluster.Api.ConnectAsync();
        await using var guest = await Listener.StartAsync(cluster.Api);
        var room = (await cluster.Api.CreateRoomAsync(owner)).Text("room")!;
        await cluster.Api.JoinRoomAsync(guest.Session, room);

        await cluster.Api.DisconnectAsync(owner);
        await BackdateAsync(room);
        await IsEmptyAsync(room, false);

        await guest.DisposeAsync();
        await IsEmptyAsync(room, true);
        await using var back = await Listener.StartAsync(cluster.Api, guest.Session.UserId);
        await IsEmptyAsync(room, false);
        await back.DisposeAsync();
        await IsEmptyAsync(room, true);
        await BackdateAsync(room);

        await Eventually.HoldsAsync(async () =>
        {
            await store.SweepAsync(EmptyFor);
            (await EmptySinceAsync(room)).ShouldBeNull();
        });
        var late = await cluster.Api.ConnectAsync(guest.Session.UserId);
        (await cluster.Api.RoomsAsync(HttpMethod.Get, $"/{room}", late)).Status.ShouldBe(HttpStatusCode.NotFound);
        (await cluster.Api.RoomsAsync(HttpMethod.Get, "", late)).Body.ShouldBe("[]");
    }

    // A webapp may be sweeping at this moment, and ours does nothing then.
    private Task IsEmptyAsync(string room, bool empty) =>
        Eventually.HoldsAsync(async () =>
        {
            await store.SweepAsync(EmptyFor);
            (await EmptySinceAsync(room)).ShouldBe(empty);
        });

    private async Task BackdateAsync(string room)
    {
        await using var change = cluster.Database.CreateCommand(
            "UPDATE rooms SET empty_since = now() - interval '2 hours' WHERE room_id = $1"
        );
        change.Parameters.AddWithValue(room);
        await change.ExecuteNonQueryAsync();
    }

    // Whether the room is known to be empty; null when it is gone.
    private async Task<bool?> EmptySinceAsync(string room)
    {
        await using var look = cluster.Database.CreateCommand(
            "SELECT empty_since IS NOT NULL FROM rooms WHERE room_id = $1"
        );
        look.Parameters.AddWithValue(room);
        return (bool?)await look.ExecuteScalarAsync();
    }
}
