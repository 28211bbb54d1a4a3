using Microsoft.Extensions.Time.Testing;
using SignalBroker.Http;
using SignalBroker.Identity;
using SignalBroker.Rooms;
using SignalBroker.Sessions;
using SignalBroker.Signals;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Rooms;

/// <summary>What a webapp makes of a room that has changed without its having heard of it.</summary>
public sealed class RoomAddressTests(TestCluster cluster)
{
    private Api Api => cluster.Api;

    [Fact]
    public async Task A_new_member_can_send_and_receive_through_every_webapp_at_once()
    {
        using var deaf = new DeafWebapp(cluster, new FakeTimeProvider(TimeProvider.System.GetUtcNow()));
        var (alice, bob) = (await Api.ConnectAsync(), await Api.ConnectAsync());
        var room = (await Api.CreateRoomAsync(alice)).Text("room")!;
        await deaf.RememberAsync(room);

        var member = await Api.JoinRoomAsync(bob, room);

        (await deaf.FindAsync(bob, new() { ToRoom = room })).Sender!.MemberId.ShouldBe(member);
        await deaf.RememberAsync(room);
        var carol = await Api.ConnectAsync();
        var third = await Api.JoinRoomAsync(carol, room);
        (await deaf.FindAsync(alice, new() { ToRoom = room, ToMember = third })).Members.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_stored_signal_is_for_everyone_whose_join_has_been_answered()
    {
        using var deaf = new DeafWebapp(cluster, new FakeTimeProvider(TimeProvider.System.GetUtcNow()));
        var (alice, bob) = (await Api.ConnectAsync(), await Api.ConnectAsync());
        var room = (await Api.CreateRoomAsync(alice)).Text("room")!;
        await deaf.RememberAsync(room);

        var member = await Api.JoinRoomAsync(bob, room);

        foreach (var store in Enum.GetValues<StoreKind>())
        {
            var address = await deaf.FindAsync(alice, new() { ToRoom = room, Store = store });
            address.Others.ShouldHaveSingleItem().MemberId.ShouldBe(member);
        }
    }

    [Fact]
    public async Task Non_members_and_signals_without_a_recipient_are_refused()
    {
        using var deaf = new DeafWebapp(cluster, new FakeTimeProvider(TimeProvider.System.GetUtcNow()));
        var (alice, bob) = (await Api.ConnectAsync(), await Api.ConnectAsync());
        var room = (await Api.CreateRoomAsync(alice)).Text("room")!;
        await deaf.RememberAsync(room);

        await Should.ThrowAsync<RefusedException>(() => deaf.FindAsync(bob, new() { ToRoom = room }));
        await Should.ThrowAsync<RefusedException>(() =>
            deaf.FindAsync(alice, new() { ToRoom = room, ToMember = RoomNames.NewMember() })
        );
        await Should.ThrowAsync<RefusedException>(() => deaf.FindAsync(alice, new() { ToRoom = RoomNames.NewRoom() }));
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public async Task A_user_who_comes_back_is_not_taken_for_the_member_that_left(bool before, bool after)
    {
        using var deaf = new DeafWebapp(cluster, TimeProvider.System);
        var (alice, bob) = (await Api.ConnectAsync(), await Api.ConnectAsync());
        var room = (await Api.CreateRoomAsync(alice)).Text("room")!;
        await Api.JoinRoomAsync(bob, room, new { anonymous = before });
        await deaf.RememberAsync(room);

        await Api.RoomsAsync(HttpMethod.Post, $"/{room}/leave", bob);
        var member = await Api.JoinRoomAsync(bob, room, new { anonymous = after });

        (await deaf.FindAsync(bob, new() { ToRoom = room })).Sender!.MemberId.ShouldBe(member);
    }

    /// <summary>The memory of a webapp that PostgreSQL tells nothing, and that does not know it yet.</summary>
    private sealed class DeafWebapp : IDisposable
    {
        private readonly TimeProvider clock;
        private readonly SessionDirectory sessions;
        private readonly RoomDirectory rooms;

        public DeafWebapp(TestCluster cluster, TimeProvider clock)
        {
            this.clock = clock;
            sessions = new(new SessionStore(cluster.Database, []), clock);
            rooms = new(new RoomStore(cluster.Database), sessions, clock);
        }

        public async Task RememberAsync(string room)
        {
            rooms.Forget(room);
            sessions.HeardUntil(clock.GetTimestamp());
            await rooms.FindAsync(room);
        }

        public async Task<RoomAddress> FindAsync(ConnectedSession sender, SignalRequest signal)
        {
            var session = await sessions.FindNowAsync(sender.ListeningKey);
            return await new RoomAddresses(rooms).FindAsync(Sender.FromSession(session!), signal);
        }

        public void Dispose()
        {
            rooms.Dispose();
            sessions.Dispose();
        }
    }
}
