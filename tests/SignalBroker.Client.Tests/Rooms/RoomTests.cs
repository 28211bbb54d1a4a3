using SignalBroker.Client.Tests.Harness;
using SignalBroker.LocalCluster;

namespace SignalBroker.Client.Tests.Rooms;

/// <summary>What members of rooms do and hear.</summary>
[Collection<ServerTests>]
public sealed class RoomTests(Servers servers) : IAsyncLifetime
{
    private SignalBrokerClient alice = null!;
    private SignalBrokerClient bob = null!;
    private SignalBrokerClient carol = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        alice = await servers.ConnectAsync();
        bob = await servers.ConnectAsync();
        carol = await servers.ConnectAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await alice.DisposeAsync();
        await bob.DisposeAsync();
        await carol.DisposeAsync();
        await servers.MendAsync();
    }

    [Fact]
    public async Task A_signal_reaches_every_other_member()
    {
        var room = await alice.Rooms.CreateAsync(new() { Name = "Kitchen", MaxMembers = 5 }, Token);
        (room.Name, room.Kind, room.IsOpen, room.Members, room.MaxMembers).ShouldBe(
            ("Kitchen", RoomKind.Broadcast, false, 1, 5)
        );
        room.Owner.ShouldBe(room.Me);
        room.JoinCode.ShouldNotBeNull();
        room.ToString().ShouldNotContain(room.JoinCode);

        var joined = await bob.Rooms.JoinAsync(room.Id, new() { JoinCode = room.JoinCode }, Token);
        (joined.Members, joined.JoinCode).ShouldBe((2, null));
        (await carol.Rooms.JoinAsync(room.Id, new() { JoinCode = room.JoinCode }, Token)).Members.ShouldBe(3);
        await ChangesAsync(alice, RoomEvent.Joined, RoomEvent.Joined);
        await ChangesAsync(bob, RoomEvent.Joined);

        var sent = await alice.SendToRoomAsync(room.Id, "hello all", new() { Type = "chat", Id = "1" }, Token);

        (sent.Id, sent.Room, sent.Members, sent.Listening).ShouldBe(("1", room.Id, 2, 2));
        sent.Nodes.Sum(node => node.Members).ShouldBe(2);
        sent.Nodes.ShouldAllBe(node => node.Outcome == Outcome.Queued);
        foreach (var member in (SignalBrokerClient[])[bob, carol])
        {
            var signal = await member.NextSignalAsync();
            (signal.Room, signal.From, signal.FromMember).ShouldBe((room.Id, alice.UserId, room.Me));
            (signal.FromSession, signal.Type, signal.To).ShouldBe((alice.Session.ListeningKey, "chat", ""));
            signal.Content.GetString().ShouldBe("hello all");
        }
    }

    [Fact]
    public async Task A_member_can_be_answered_alone_by_its_id()
    {
        var room = await alice.Rooms.CreateAsync(new() { IsOpen = true }, Token);
        room.JoinCode.ShouldBeNull();
        var fox = await bob.Rooms.JoinAsync(room.Id, new() { Alias = "Fox", IsAnonymous = true }, Token);
        await carol.Rooms.JoinAsync(room.Id, cancellationToken: Token);

        var told = (await alice.NextSignalAsync()).RoomChange!;
        (told.Room, told.Event, told.Owner).ShouldBe((room.Id, RoomEvent.Joined, room.Me));
        told.Member.ShouldBe(new() { Id = fox.Me!, Alias = "Fox" });
        told.Member!.IsAnonymous.ShouldBeTrue();
        await ChangesAsync(alice, RoomEvent.Joined);
        await ChangesAsync(bob, RoomEvent.Joined);

        var sent = await bob.SendToRoomAsync(room.Id, "psst", new() { ToMember = room.Me }, Token);
        sent.Members.ShouldBe(1);
        var signal = await alice.NextSignalAsync();
        (signal.From, signal.FromAlias, signal.FromSession).ShouldBe((null, "Fox", null));
        (signal.FromMember, signal.ToMember, signal.IsFromServer).ShouldBe((fox.Me, room.Me, false));
        await alice.SendToRoomAsync(room.Id, "who?", new() { ToMember = signal.FromMember }, Token);
        (await bob.NextSignalAsync()).Content.GetString().ShouldBe("who?");

        await bob.Rooms.RevealAsync(room.Id, Token);
        var revealed = (await alice.NextSignalAsync()).RoomChange!;
        (revealed.Event, revealed.Member!.UserId, revealed.Version).ShouldBe(
            (RoomEvent.Revealed, bob.UserId, told.Version + 2)
        );
    }

    [Fact]
    public async Task Members_come_and_go_until_the_room_is_closed()
    {
        var room = await alice.Rooms.CreateAsync(new() { IsOpen = true }, Token);
        var second = await bob.Rooms.JoinAsync(room.Id, cancellationToken: Token);
        var third = await carol.Rooms.JoinAsync(room.Id, new() { Alias = "Carol" }, Token);
        (await alice.Rooms.ListAsync(Token)).ShouldBe([third with { Me = room.Me }]);
        (await alice.Rooms.GetAsync(room.Id, Token)).Members.ShouldBe(3);

        var members = await bob.Rooms.GetMembersAsync(room.Id, Token);
        (members.Room, members.Version).ShouldBe((room.Id, third.Version));
        members.Members.Select(member => member.Id).ShouldBe([room.Me, second.Me, third.Me]);
        members.Members.Select(member => member.IsOwner).ShouldBe([true, false, false]);
        (members.Members[2].Alias, members.Members[2].UserId).ShouldBe(("Carol", carol.UserId));
        members.Members.ShouldAllBe(member => member.JoinedAt != null);

        await carol.Rooms.LeaveAsync(room.Id, Token);
        await carol.Rooms.LeaveAsync(room.Id, Token);
        await alice.Rooms.RemoveAsync(room.Id, second.Me!, Token);
        await alice.Rooms.CloseAsync(room.Id, Token);

        await ChangesAsync(bob, RoomEvent.Joined, RoomEvent.Left, RoomEvent.Removed);
        (await alice.Rooms.ListAsync(Token)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_stored_signal_waits_for_each_member_and_each_causes_a_receipt()
    {
        var room = await alice.Rooms.CreateAsync(new() { IsOpen = true }, Token);
        var member = await bob.Rooms.JoinAsync(room.Id, cancellationToken: Token);
        await ChangesAsync(alice, RoomEvent.Joined);
        var user = bob.UserId;
        await bob.DisposeAsync();

        var sent = await alice.SendToRoomAsync(room.Id, 1, new() { Store = Storing.Always, Receipt = true }, Token);
        (sent.Members, sent.Stored, sent.Full).ShouldBe((1, 1, 0));

        bob = await servers.ConnectAsync(user);
        var signal = await bob.NextSignalAsync();
        (signal.Room, signal.Sequence, signal.Content.GetInt32()).ShouldBe((room.Id, 1, 1));
        await signal.SettleAsync(Token);
        var receipt = (await alice.NextSignalAsync()).Receipt!;
        (receipt.Id, receipt.IsDelivered, receipt.To).ShouldBe((sent.Id, true, null));
        (receipt.Room, receipt.Member).ShouldBe((room.Id, member.Me));
    }

    [Theory]
    [InlineData(ListensBy.WebSocket, RoomKind.Broadcast, Storing.Never)]
    [InlineData(ListensBy.WebSocket, RoomKind.Host, Storing.IfOffline)]
    [InlineData(ListensBy.ServerSentEvents, RoomKind.Host, Storing.Never)]
    [InlineData(ListensBy.ServerSentEvents, RoomKind.Broadcast, Storing.IfOffline)]
    public async Task A_new_member_receives_what_is_sent_to_it_on_joining(ListensBy way, RoomKind kind, Storing store)
    {
        await using var slow = new TcpProxy(() => [new Uri(servers.Webapp.PublicAddress).Port])
        {
            Delay = TimeSpan.FromMilliseconds(80),
        };
        var room = await alice.Rooms.CreateAsync(new() { Kind = kind, IsOpen = true }, Token);
        for (var newcomers = 0; newcomers < 3; newcomers++)
        {
            var options = servers.Options() with { Url = new($"http://127.0.0.1:{slow.Port}"), Listen = way };
            await using var newcomer = await SignalBrokerClient.ConnectAsync(options, Token);
            var joining = newcomer.Rooms.JoinAsync(room.Id, cancellationToken: Token);
            var joined = (await alice.NextSignalAsync()).RoomChange!;
            joining.IsCompleted.ShouldBeFalse();
            await alice.SendToRoomAsync(room.Id, 0, new() { ToMember = joined.Member!.Id, Store = store }, Token);
            await alice.SendToRoomAsync(room.Id, 1, new() { Store = store }, Token);
            await joining;

            var numbers = (await newcomer.NextSignalsAsync(2)).Select(signal => signal.Content.GetInt32());

            numbers.ShouldBe([0, 1]);
            await newcomer.Rooms.LeaveAsync(room.Id, Token);
            await ChangesAsync(alice, RoomEvent.Left);
        }
    }

    [Theory]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("../..")]
    [InlineData("%2e%2e")]
    [InlineData("..\\..")]
    public async Task An_id_of_dots_is_not_found(string id)
    {
        var room = await alice.Rooms.CreateAsync(cancellationToken: Token);

        var join = alice.Rooms.JoinAsync;
        (await Should.ThrowAsync<RoomNotFoundException>(() => join(id, null, Token))).Code.ShouldBe("room-not-found");
        var remove = alice.Rooms.RemoveAsync;
        (await Should.ThrowAsync<RoomNotFoundException>(() => remove(room.Id, id, Token))).Code.ShouldBe(
            "member-not-found"
        );
        // A step back would have closed it.
        (await alice.Rooms.GetAsync(room.Id, Token)).Members.ShouldBe(1);
    }

    [Fact]
    public async Task A_removed_user_stays_out_and_an_old_code_is_refused_after_a_renewal()
    {
        var room = await alice.Rooms.CreateAsync(cancellationToken: Token);
        var old = new JoinOptions { JoinCode = room.JoinCode };
        var member = await bob.Rooms.JoinAsync(room.Id, old, Token);
        await alice.Rooms.RemoveAsync(room.Id, member.Me!, Token);

        var renewed = await alice.Rooms.RenewJoinCodeAsync(room.Id, Token);

        var fresh = old with { JoinCode = renewed.JoinCode };
        var removed = bob.Rooms.JoinAsync(room.Id, fresh, Token);
        (await Should.ThrowAsync<ForbiddenException>(removed)).Code.ShouldBe(SignalBrokerCode.RemovedFromRoom);
        var late = carol.Rooms.JoinAsync(room.Id, old, Token);
        (await Should.ThrowAsync<ForbiddenException>(late)).Code.ShouldBe(SignalBrokerCode.JoinCodeWrong);
        (await carol.Rooms.JoinAsync(room.Id, fresh, Token)).Members.ShouldBe(2);
        await alice.Rooms.ReadmitAsync(room.Id, member.Me!, Token);
        (await bob.Rooms.JoinAsync(room.Id, fresh, Token)).Members.ShouldBe(3);
        var open = await alice.Rooms.CreateAsync(new() { IsOpen = true }, Token);
        var none = alice.Rooms.RenewJoinCodeAsync(open.Id, Token);
        (await Should.ThrowAsync<RoomConflictException>(none)).Code.ShouldBe(SignalBrokerCode.RoomOpen);
    }

    [Fact]
    public async Task Refusals_are_exceptions()
    {
        var room = await alice.Rooms.CreateAsync(
            new()
            {
                Kind = RoomKind.Host,
                MaxMembers = 3,
                Alias = "Boss",
            },
            Token
        );
        var options = new JoinOptions { JoinCode = room.JoinCode };
        var wrong = bob.Rooms.JoinAsync(room.Id, new() { JoinCode = "NEVER" }, Token);
        (await Should.ThrowAsync<ForbiddenException>(wrong)).Code.ShouldBe(SignalBrokerCode.JoinCodeWrong);
        var taken = bob.Rooms.JoinAsync(room.Id, options with { Alias = "boss" }, Token);
        (await Should.ThrowAsync<RoomConflictException>(taken)).Code.ShouldBe(SignalBrokerCode.AliasTaken);
        var stranger = bob.SendToRoomAsync(room.Id, 1, cancellationToken: Token);
        (await Should.ThrowAsync<ForbiddenException>(stranger)).Code.ShouldBe(SignalBrokerCode.NotAMember);

        await bob.Rooms.JoinAsync(room.Id, options, Token);
        var third = await carol.Rooms.JoinAsync(room.Id, options, Token);
        await using var dave = await servers.ConnectAsync();
        var full = dave.Rooms.JoinAsync(room.Id, options, Token);
        (await Should.ThrowAsync<RoomConflictException>(full)).Code.ShouldBe(SignalBrokerCode.RoomFull);
        var toMember = bob.SendToRoomAsync(room.Id, 1, new() { ToMember = third.Me }, Token);
        (await Should.ThrowAsync<ForbiddenException>(toMember)).Code.ShouldBe(SignalBrokerCode.HostOnly);
        var closing = bob.Rooms.CloseAsync(room.Id, Token);
        (await Should.ThrowAsync<ForbiddenException>(closing)).Code.ShouldBe(SignalBrokerCode.NotTheOwner);
        await carol.DisposeAsync();
        var absent = alice.SendToRoomAsync(room.Id, 1, new() { ToMember = third.Me }, Token);
        (await Should.ThrowAsync<UserNotListeningException>(absent)).Code.ShouldBe(SignalBrokerCode.MemberNotListening);

        await alice.Rooms.LeaveAsync(room.Id, Token);
        await Should.ThrowAsync<RoomNotFoundException>(alice.Rooms.GetAsync(room.Id, Token));
        await Should.ThrowAsync<RoomNotFoundException>(alice.Rooms.GetAsync("kitchen/../", Token));
        Should.Throw<ArgumentException>(() => alice.SendAsync("bob", 1, new() { ToMember = "m.1" }, Token));
    }

    [Fact]
    public async Task A_member_stays_a_member_when_its_node_is_lost()
    {
        var room = await alice.Rooms.CreateAsync(new() { IsOpen = true }, Token);
        await bob.Rooms.JoinAsync(room.Id, cancellationToken: Token);
        await ChangesAsync(alice, RoomEvent.Joined);

        await servers.NodeOf(bob.Session).KillAsync();
        // It waits until the client listens again.
        (await bob.Rooms.GetMembersAsync(room.Id, Token)).Members.Count.ShouldBe(2);
        SentToRoom sent;
        do
        {
            sent = await alice.SendToRoomAsync(room.Id, "next", cancellationToken: Token);
        } while (sent.Nodes.All(node => node.Outcome != Outcome.Queued));

        (await bob.NextSignalAsync()).Content.GetString().ShouldBe("next");
    }

    private static async Task ChangesAsync(SignalBrokerClient client, params RoomEvent[] events) =>
        (await client.NextSignalsAsync(events.Length)).Select(signal => signal.RoomChange!.Event).ShouldBe(events);
}
