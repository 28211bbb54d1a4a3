using SignalBroker.Client.Tests.Harness;

namespace SignalBroker.Client.Tests.Inbox;

/// <summary>What is stored for a user, and how it is settled.</summary>
[Collection<ServerTests>]
public sealed class StoredTests(Servers servers)
{
    private readonly string bob = Servers.NewUser("bob");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Signals_stored_for_an_absent_user_are_read_in_order_and_settled_by_reading_on()
    {
        await using var alice = await servers.ConnectAsync();
        var sent = await alice.SendAsync(bob, 0, StoringSignals.Stored with { Id = "first" }, Token);
        (sent.Id, sent.IsStored).ShouldBe(("first", true));
        (await alice.SendAsync(bob, 0, StoringSignals.Stored with { Id = "first" }, Token)).IsStored.ShouldBeTrue();
        await alice.StoreAsync(bob, first: 1, count: 4);

        await using var phone = await ConnectAsync("phone");
        var signals = await phone.NextSignalsAsync(5);

        signals.Numbers().ShouldBe([0, 1, 2, 3, 4]);
        signals.Select(signal => signal.Sequence).ShouldBe([1, 2, 3, 4, 5]);
        signals[0].ExpiresAt.ShouldNotBeNull();
        // Whoever stops reading may not have done with the last one.
        await phone.ShouldOweAsync(4);
        await signals[4].SettleAsync(Token);
        (await phone.UnsettledAsync()).ShouldBeEmpty();
        await signals[0].SettleAsync(Token);
    }

    [Fact]
    public async Task A_signal_whose_reader_threw_comes_again_to_the_next_client()
    {
        await using var alice = await servers.ConnectAsync();
        await alice.StoreAsync(bob, first: 0, count: 3);
        await using (var before = await ConnectAsync("phone"))
        {
            await Should.ThrowAsync<InvalidOperationException>(FailAtAsync(before, 1));
            (await before.NextSignalAsync()).Content.GetInt32().ShouldBe(2);
        }

        await using var after = await ConnectAsync("phone");
        (await after.NextSignalsAsync(2)).Numbers().ShouldBe([1, 2]);

        static async Task FailAtAsync(SignalBrokerClient client, int number)
        {
            await foreach (var signal in client.ReadSignalsAsync(Token))
            {
                if (signal.Content.GetInt32() == number)
                {
                    throw new InvalidOperationException();
                }
            }
        }
    }

    [Theory]
    [InlineData(SendsBy.Http)]
    [InlineData(SendsBy.Socket)]
    public async Task Manual_settling_settles_only_the_chosen_signals(SendsBy way)
    {
        using var requests = new Requests();
        await using var alice = await servers.ConnectAsync();
        await using var phone = await SignalBrokerClient.ConnectAsync(
            servers.Options(bob) with
            {
                Device = "phone",
                Settle = Settling.Manual,
                Send = way,
                Http = new(requests),
            },
            Token
        );
        await alice.StoreAsync(bob, first: 0, count: 6);
        var signals = await phone.NextSignalsAsync(6);
        (await phone.UnsettledAsync()).ShouldBe([0, 1, 2, 3, 4, 5]);

        await Task.WhenAll(signals[4].SettleAsync(Token), signals[1].SettleAsync(Token), signals[2].SettleAsync(Token));
        (await phone.UnsettledAsync()).ShouldBe([0, 3, 5]);
        await phone.Inbox.SettleThroughAsync(signals[3].Sequence!.Value, Token);
        (await phone.UnsettledAsync()).ShouldBe([5]);
        (requests.Count("/inbox/settle") > 0).ShouldBe(way == SendsBy.Http);
    }

    [Fact]
    public async Task Signals_read_from_the_inbox_can_be_settled()
    {
        await using var alice = await servers.ConnectAsync();
        await alice.StoreAsync(bob, first: 0, count: 3);
        await using var phone = await ConnectAsync("phone");

        var page = await phone.Inbox.ReadAsync(after: 1, limit: 1, Token);
        (page.Recovered, page.LastSequence, page.LowestSequence, page.SettledThrough, page.HasMore).ShouldBe(
            (true, 3, 1, 0, true)
        );
        await page.Signals.Single().SettleAsync(Token);

        (await phone.UnsettledAsync()).ShouldBe([0, 2]);
    }

    [Fact]
    public async Task IfOffline_stores_a_signal_only_if_nobody_receives_it()
    {
        await using var alice = await servers.ConnectAsync();
        var ifOffline = new SendOptions { Store = Storing.IfOffline };
        (await alice.SendAsync(bob, 0, ifOffline, Token)).IsStored.ShouldBeTrue();
        await using var phone = await ConnectAsync("phone");
        var stored = await phone.NextSignalAsync();
        stored.Sequence.ShouldBe(1);
        // Until then the next one would be stored as well, so as not to overtake.
        await stored.SettleAsync(Token);

        var sent = await alice.SendAsync(bob, 1, ifOffline, Token);

        (sent.IsStored, sent.Sessions.Single().Outcome).ShouldBe((false, Outcome.Queued));
        (await phone.NextSignalAsync()).Sequence.ShouldBeNull();
    }

    [Fact]
    public async Task A_single_device_can_be_addressed()
    {
        await using var alice = await servers.ConnectAsync();
        await using var phone = await ConnectAsync("phone");
        await using var tablet = await ConnectAsync("tablet");

        var live = await alice.SendAsync(Addressee.OfDevice(bob, "tablet"), 1, cancellationToken: Token);
        await alice.SendAsync(Addressee.OfDevice(bob, "tablet"), 2, StoringSignals.Stored, Token);
        await alice.SendAsync(bob, 3, StoringSignals.Stored, Token);

        live.Sessions.Single().Device.ShouldBe("tablet");
        var signals = await tablet.NextSignalsAsync(3);
        signals.Numbers().ShouldBe([1, 2, 3]);
        signals.Select(signal => signal.Device).ShouldBe(["tablet", "tablet", null]);
        (await phone.NextSignalAsync()).Content.GetInt32().ShouldBe(3);
    }

    [Fact]
    public async Task A_sender_learns_that_its_signal_was_settled_or_has_expired()
    {
        await using var alice = await servers.ConnectAsync(Servers.NewUser("alice"));
        var receipt = StoringSignals.Stored with { Receipt = true };
        await alice.SendAsync(bob, 1, receipt with { Id = "late", TimeToLive = TimeSpan.FromSeconds(1) }, Token);
        var expired = (await alice.NextSignalAsync()).Receipt!;
        (expired.Id, expired.IsDelivered, expired.To).ShouldBe(("late", false, bob));

        await alice.SendAsync(bob, 2, receipt with { Id = "in time" }, Token);
        await using var phone = await ConnectAsync("phone");
        await (await phone.NextSignalAsync()).SettleAsync(Token);

        var signal = await alice.NextSignalAsync();
        (signal.IsFromServer, signal.From).ShouldBe((true, null));
        var delivered = signal.Receipt!;
        (delivered.Id, delivered.IsDelivered, delivered.To).ShouldBe(("in time", true, bob));
        (delivered.Device, delivered.Session).ShouldBe(("phone", phone.Session.ListeningKey));
        delivered.At.ShouldNotBe(default);
    }

    [Fact]
    public async Task Signals_beyond_the_unread_limit_wait_at_the_server_in_order()
    {
        await using var alice = await servers.ConnectAsync();
        await using var phone = await SignalBrokerClient.ConnectAsync(
            servers.Options(bob) with
            {
                Device = "phone",
                MaxUnreadSignals = 10,
            },
            Token
        );
        await alice.StoreAsync(bob, first: 0, count: 200);
        // It is not held up: what is not stored still comes.
        var hello = alice.SendAsync(bob, -1, cancellationToken: Token);

        var signals = await phone.NextSignalsAsync(201);

        signals.Numbers().Where(number => number >= 0).ShouldBe(Enumerable.Range(0, 200));
        await hello;
        await alice.StoreAsync(bob, first: 200, count: 1);
        (await phone.NextSignalAsync()).Content.GetInt32().ShouldBe(200);
    }

    [Fact]
    public async Task A_later_run_starts_after_the_last_handled_signal()
    {
        await using var alice = await servers.ConnectAsync();
        await alice.StoreAsync(bob, first: 1, count: 5);
        var states = new States();
        await using var phone = await SignalBrokerClient.ConnectAsync(
            servers.Options(bob) with
            {
                Device = "phone",
                AfterSequence = 3,
                StateChanged = states.Add,
            },
            Token
        );

        (await phone.NextSignalsAsync(2)).Numbers().ShouldBe([4, 5]);
        await phone.ShouldOweAsync(5);
        var state = await states.NextAsync<ClientState.Listening>(listening => listening.Recovered is not null);
        state.Recovered.ShouldBe(true);
    }

    [Fact]
    public async Task A_sequence_beyond_the_servers_hides_nothing()
    {
        await using var alice = await servers.ConnectAsync();
        await alice.StoreAsync(bob, first: 1, count: 2);
        var states = new States();
        await using var phone = await SignalBrokerClient.ConnectAsync(
            servers.Options(bob) with
            {
                Device = "phone",
                AfterSequence = 1000,
                StateChanged = states.Add,
            },
            Token
        );

        (await phone.NextSignalsAsync(2)).Numbers().ShouldBe([1, 2]);
        var state = await states.NextAsync<ClientState.Listening>(listening => listening.Recovered is not null);
        state.Recovered.ShouldBe(false);
    }

    [Fact]
    public async Task A_full_inbox_and_a_used_id_are_exceptions()
    {
        var small = await servers.Cluster.AddWebappAsync(
            [new("Inbox:MaxEntries", "2"), new("Inbox:ShareOfSender", "1"), new("Inbox:ShareOfAddress", "1")],
            Token
        );
        await using var alice = await SignalBrokerClient.ConnectAsync(
            servers.Options() with
            {
                Url = new(small.PublicAddress),
            },
            Token
        );
        await alice.SendAsync(bob, 1, StoringSignals.Stored with { Id = "1" }, Token);
        var used = alice.SendAsync(bob, 2, StoringSignals.Stored with { Id = "1" }, Token);
        (await Should.ThrowAsync<SignalConflictException>(used)).Code.ShouldBe(SignalBrokerCode.IdAlreadyUsed);

        await alice.SendAsync(bob, 2, StoringSignals.Stored, Token);
        await Should.ThrowAsync<InboxFullException>(alice.SendAsync(bob, 3, StoringSignals.Stored, Token));
        await small.StopAsync(Token);
    }

    private Task<SignalBrokerClient> ConnectAsync(string device) =>
        SignalBrokerClient.ConnectAsync(servers.Options(bob) with { Device = device }, Token);
}
