using SignalBroker.Client.Tests.Harness;

namespace SignalBroker.Client.Tests.Presence;

/// <summary>Who can be reached, asked and watched.</summary>
[Collection<ServerTests>]
public sealed class PresenceTests(Servers servers) : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    private readonly string bob = Servers.NewUser("bob");
    private readonly CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(Token);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        limit.CancelAfter(Limit);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        limit.Dispose();
        await servers.MendAsync();
    }

    [Fact]
    public async Task A_user_is_away_or_listens_on_devices()
    {
        await using var alice = await servers.ConnectAsync();
        var never = await alice.Presence.GetAsync(bob, Token);
        (never.UserId, never.State, never.LastSeen).ShouldBe((bob, PresenceState.Away, null));
        never.Devices.ShouldBeEmpty();

        await using (await ConnectAsync("phone"))
        {
            await using var watch = alice.Presence.WatchAsync([bob], limit.Token).GetAsyncEnumerator(Token);
            // The webapps learn of it from the broker.
            while (await watch.MoveNextAsync() && watch.Current.State != PresenceState.Listening) { }

            var there = await alice.Presence.GetAsync(bob, Token);
            (there.State, there.LastSeen).ShouldBe((PresenceState.Listening, null));
            var device = there.Devices.ShouldHaveSingleItem();
            (device.Device, device.State).ShouldBe(("phone", PresenceState.Listening));
            device.Since.ShouldNotBeNull();

            var both = await alice.Presence.GetAsync([bob, alice.UserId], Token);
            both.Select(presence => presence.UserId).ShouldBe([bob, alice.UserId]);
            both.ShouldContain(presence => presence.Devices.Contains(device));
        }

        (await alice.Presence.GetAsync([], Token)).ShouldBeEmpty();
        while ((await alice.Presence.GetAsync(bob, limit.Token)).LastSeen is null) { }
    }

    [Fact]
    public async Task Known_users_are_listed_however_many_they_are()
    {
        await using var alice = await servers.ConnectAsync(Servers.NewUser("alice"));
        var prefix = $"{bob}.";
        for (var number = 0; number < 3; number++)
        {
            await using var user = await servers.ConnectAsync($"{prefix}{number}");
            // The webapp hears a little later that somebody listens.
            while (!(await ReadAsync()).Exists(known => known.UserId == user.UserId))
            {
                limit.Token.ThrowIfCancellationRequested();
            }
        }

        var users = await ReadAsync();
        users.Select(user => user.UserId).ShouldBeInOrder(SortDirection.Ascending, StringComparer.Ordinal);
        users.ShouldContain(user => user.UserId == alice.UserId);
        users.Count(user => user.UserId.StartsWith(prefix, StringComparison.Ordinal)).ShouldBe(3);
        users.ShouldAllBe(user => user.FirstSeen != default && user.LastSeen >= user.FirstSeen);

        async Task<List<KnownUser>> ReadAsync()
        {
            var read = new List<KnownUser>();
            await foreach (var user in alice.Presence.ReadUsersAsync(limit.Token))
            {
                read.Add(user);
            }

            return read;
        }
    }

    [Fact]
    public async Task A_watch_shows_users_come_and_go_even_if_its_own_node_is_lost()
    {
        var states = new States();
        await using var alice = await SignalBrokerClient.ConnectAsync(
            servers.Options() with
            {
                StateChanged = states.Add,
            },
            Token
        );
        await states.NextAsync<ClientState.Listening>();
        await using var watch = alice.Presence.WatchAsync([bob], limit.Token).GetAsyncEnumerator(Token);
        (await NextAsync()).ShouldBe(PresenceState.Away);

        var phone = await ConnectAsync("phone");
        (await NextAsync()).ShouldBe(PresenceState.Listening);
        await phone.DisposeAsync();
        (await NextAsync()).ShouldBe(PresenceState.Away);

        await servers.NodeOf(alice.Session).KillAsync();
        await states.NextAsync<ClientState.Listening>();
        phone = await ConnectAsync("tablet");
        (await NextAsync()).ShouldBe(PresenceState.Listening);
        watch.Current.Devices.ShouldHaveSingleItem().Device.ShouldBe("tablet");

        await alice.DisposeAsync();
        (await watch.MoveNextAsync()).ShouldBeFalse();
        await phone.DisposeAsync();

        async Task<PresenceState> NextAsync()
        {
            (await watch.MoveNextAsync()).ShouldBeTrue();
            watch.Current.UserId.ShouldBe(bob);
            return watch.Current.State;
        }
    }

    [Fact]
    public async Task Two_watches_do_not_disturb_each_other()
    {
        await using var alice = await servers.ConnectAsync();
        await using var kept = alice.Presence.WatchAsync([bob], limit.Token).GetAsyncEnumerator(Token);
        await kept.MoveNextAsync();
        await using (var brief = alice.Presence.WatchAsync([alice.UserId], limit.Token).GetAsyncEnumerator(Token))
        {
            await brief.MoveNextAsync();
            brief.Current.UserId.ShouldBe(alice.UserId);
        }

        await using var phone = await ConnectAsync("phone");
        await kept.MoveNextAsync();
        (kept.Current.UserId, kept.Current.State).ShouldBe((bob, PresenceState.Listening));
    }

    [Theory]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("subscriptions")]
    public async Task Any_user_who_can_listen_can_be_queried_and_watched_whatever_the_id(string id)
    {
        await using var alice = await servers.ConnectAsync();
        await using var listener = await servers.ConnectAsync(id);
        await using var watch = alice.Presence.WatchAsync([id], limit.Token).GetAsyncEnumerator(Token);

        while (await watch.MoveNextAsync() && watch.Current.State != PresenceState.Listening) { }

        watch.Current.UserId.ShouldBe(id);
        var asked = await alice.Presence.GetAsync(id, Token);
        (asked.UserId, asked.State).ShouldBe((id, PresenceState.Listening));
    }

    [Theory]
    [InlineData("%2e%2e")]
    [InlineData("a/../b?c#d")]
    [InlineData("a,b")]
    [InlineData("\\..\\")]
    public async Task An_id_that_looks_like_a_path_can_be_queried(string id)
    {
        await using var alice = await servers.ConnectAsync();

        (await alice.Presence.GetAsync(id, Token)).UserId.ShouldBe(id);
        (await alice.Presence.GetAsync([id, bob], Token)).Select(one => one.UserId).ShouldBe([id, bob]);
    }

    [Fact]
    public async Task An_impossible_id_does_not_keep_others_from_being_watched()
    {
        await using var alice = await servers.ConnectAsync();
        await using var watch = alice.Presence.WatchAsync(["a b", bob], limit.Token).GetAsyncEnumerator(Token);

        (await watch.MoveNextAsync(), watch.Current.UserId, watch.Current.State).ShouldBe(
            (true, "a b", PresenceState.Invalid)
        );
        (await watch.MoveNextAsync(), watch.Current.UserId, watch.Current.State).ShouldBe(
            (true, bob, PresenceState.Away)
        );
        await using var phone = await ConnectAsync("phone");
        (await watch.MoveNextAsync(), watch.Current.State).ShouldBe((true, PresenceState.Listening));
    }

    [Fact]
    public async Task A_refused_watch_does_not_end_others()
    {
        await using var alice = await servers.ConnectAsync();
        var tooMany = Enumerable.Range(0, 101).Select(number => $"{bob}-{number}");
        await using var refused = alice.Presence.WatchAsync(tooMany, limit.Token).GetAsyncEnumerator(Token);
        await using var watch = alice.Presence.WatchAsync([bob], limit.Token).GetAsyncEnumerator(Token);
        var refusing = refused.MoveNextAsync();
        var watching = watch.MoveNextAsync();

        await Should.ThrowAsync<InvalidRequestException>(async () => await refusing);
        (await watching, watch.Current.State).ShouldBe((true, PresenceState.Away));
        await using var phone = await ConnectAsync("phone");
        (await watch.MoveNextAsync(), watch.Current.State).ShouldBe((true, PresenceState.Listening));
    }

    private Task<SignalBrokerClient> ConnectAsync(string device) =>
        SignalBrokerClient.ConnectAsync(servers.Options(bob) with { Device = device }, Token);
}
