using System.Net;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Inbox;

/// <summary>A stored signal waits for its addressee, and comes again until it is settled.</summary>
public sealed class StoredTests(TestCluster cluster)
{
    private readonly string bob = "bob-" + Guid.NewGuid();

    [Fact]
    public async Task Stored_signals_arrive_in_order_when_the_recipient_listens()
    {
        var alice = await cluster.Api.ConnectAsync();
        for (var number = 1; number <= 100; number++)
        {
            (await cluster.ApiOf(number % 2).StoreAsync(alice, bob, number)).ShouldBeStored();
        }

        await using var listener = await Listener.StartAsync(cluster.Api, bob);

        for (var number = 1; number <= 100; number++)
        {
            var envelope = await listener.ReceiveAsync();
            envelope.Sequence.ShouldBe(number);
            envelope.Number.ShouldBe(number);
            envelope.GetProperty("from").GetString().ShouldBe(alice.UserId);
            envelope.GetProperty("to").GetString().ShouldBe(bob);
            envelope
                .GetProperty("expiresAt")
                .GetDateTime()
                .ShouldBeGreaterThan(TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(23));
        }
    }

    [Fact]
    public async Task A_stored_signal_reaches_a_listening_recipient_at_once_and_in_order()
    {
        var alice = await cluster.Api.ConnectAsync();
        await using var phone = await Listener.StartAsync(cluster.Api, bob, "phone");
        await using var laptop = await Listener.StartAsync(cluster.ApiOf(1), bob, "laptop");

        for (var number = 1; number <= 50; number++)
        {
            await cluster.ApiOf(number % 2).StoreAsync(alice, bob, number);
        }

        for (var number = 1; number <= 50; number++)
        {
            (await phone.ReceiveAsync()).Number.ShouldBe(number);
            (await laptop.ReceiveAsync()).Number.ShouldBe(number);
        }
    }

    [Fact]
    public async Task Unsettled_signals_are_delivered_again_to_the_next_session_and_settled_ones_are_not()
    {
        var alice = await cluster.Api.ConnectAsync();
        for (var number = 1; number <= 4; number++)
        {
            await cluster.Api.StoreAsync(alice, bob, number, id: $"id-{number}");
        }

        await using (var first = await Listener.StartAsync(cluster.Api, bob))
        {
            for (var number = 1; number <= 4; number++)
            {
                (await first.ReceiveAsync()).Number.ShouldBe(number);
            }

            (await SettleAsync(1, first, new { ids = (List<string>)["id-3"] })).ShouldBe((1, 0));
            (await SettleAsync(0, first, new { upTo = 1 })).ShouldBe((1, 1));
            (await SettleAsync(0, first, new { upTo = 1 })).ShouldBe((0, 1));
        }

        await using (var second = await Listener.StartAsync(cluster.ApiOf(1), bob))
        {
            (await second.ReceiveAsync()).Number.ShouldBe(2);
            (await second.ReceiveAsync()).Number.ShouldBe(4);
            (await cluster.Api.ReadInboxAsync(second.Session)).Sequences.ShouldBe([2, 4]);
            (await SettleAsync(0, second, new { sequences = (List<int>)[2] })).ShouldBe((1, 3));
            (await SettleAsync(1, second, new { upTo = 100 })).ShouldBe((1, 4));
        }

        await using var third = await Listener.StartAsync(cluster.Api, bob);
        (await cluster.Api.StoreAsync(alice, bob, 5)).ShouldBeStored();
        (await third.ReceiveAsync()).Number.ShouldBe(5);
    }

    [Fact]
    public async Task Every_named_device_receives_a_signal_and_settles_it_independently()
    {
        var alice = await cluster.Api.ConnectAsync();
        await (await Listener.StartAsync(cluster.Api, bob, "phone")).DisposeAsync();
        await using var laptop = await Listener.StartAsync(cluster.Api, bob, "laptop");
        await cluster.Api.StoreAsync(alice, bob, 1);
        (await laptop.ReceiveAsync()).Number.ShouldBe(1);
        await SettleAsync(0, laptop, new { upTo = 1 });
        (await EntriesAsync()).ShouldBe(1);

        await using var phone = await Listener.StartAsync(cluster.ApiOf(1), bob, "phone");
        (await phone.ReceiveAsync()).Number.ShouldBe(1);
        await SettleAsync(1, phone, new { upTo = 1 });

        (await EntriesAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task A_device_is_forgotten_after_many_others_have_come()
    {
        var alice = await cluster.Api.ConnectAsync();
        await ComeAsync("oldest");
        await ComeAsync("old");
        await cluster.Api.StoreAsync(alice, bob, 1);

        for (var device = 1; device <= 15; device++)
        {
            await ComeAsync($"new-{device}");
        }

        (await EntriesAsync()).ShouldBe(1);
        await ComeAsync("old");
        (await EntriesAsync()).ShouldBe(0);

        async Task ComeAsync(string device)
        {
            var session = await cluster.Api.ConnectAsync(bob, device);
            (await cluster.Api.SettleAsync(session, new { upTo = 1 })).Status.ShouldBe(HttpStatusCode.OK);
            await cluster.Api.DisconnectAsync(session);
        }
    }

    [Fact]
    public async Task A_signal_for_one_device_waits_only_for_that_device()
    {
        var alice = await cluster.Api.ConnectAsync();
        await (await Listener.StartAsync(cluster.Api, bob, "phone")).DisposeAsync();
        await using var laptop = await Listener.StartAsync(cluster.Api, bob, "laptop");
        await cluster.Api.StoreAsync(alice, bob, 1, device: "phone");
        await cluster.Api.StoreAsync(alice, bob, 2);
        (await laptop.ReceiveAsync()).Number.ShouldBe(2);
        (await SettleAsync(0, laptop, new { upTo = 2 })).ShouldBe((1, 2));

        await using var phone = await Listener.StartAsync(cluster.Api, bob, "phone");
        var envelope = await phone.ReceiveAsync();
        envelope.Number.ShouldBe(1);
        envelope.GetProperty("device").GetString().ShouldBe("phone");
        (await phone.ReceiveAsync()).Number.ShouldBe(2);
        await SettleAsync(0, phone, new { upTo = 2 });

        (await EntriesAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task IfOffline_does_not_store_a_signal_that_a_device_has_received()
    {
        var alice = await cluster.Api.ConnectAsync();
        (await cluster.Api.StoreAsync(alice, bob, 1, "ifOffline")).ShouldBeStored();
        await using var listener = await Listener.StartAsync(cluster.Api, bob);
        (await listener.ReceiveAsync()).Number.ShouldBe(1);
        // Until that is written down, the session counts as behind.
        await Eventually.HoldsAsync(async () => (await PublishedThroughAsync(listener)).ShouldBe(1));

        var answer = await cluster.ApiOf(1).StoreAsync(alice, bob, 2, "ifOffline");

        answer.Outcomes.ShouldBe([(listener.Key, "queued")]);
        answer.Json.TryGetProperty("outcome", out _).ShouldBeFalse();
        var envelope = await listener.ReceiveAsync();
        envelope.Number.ShouldBe(2);
        envelope.TryGetProperty("sequence", out _).ShouldBeFalse();
        (await EntriesAsync()).ShouldBe(1);
    }

    [Fact]
    public async Task Settling_goes_through_the_socket_too()
    {
        var alice = await cluster.Api.ConnectAsync();
        await using var listener = await Listener.StartAsync(cluster.Api, bob);
        await cluster.Api.StoreAsync(alice, bob, 1);
        await cluster.Api.StoreAsync(alice, bob, 2);
        await listener.ReceiveAsync();
        await listener.ReceiveAsync();

        await listener.SendAsync(new { settle = new { upTo = 1 } });
        await listener.SendAsync(new { id = "s", settle = new { sequences = (List<int>)[2] } });

        var outcome = (await listener.ReceiveAsync()).GetProperty("content");
        outcome.GetProperty("id").GetString().ShouldBe("s");
        outcome.GetProperty("settled").GetInt32().ShouldBe(1);
        outcome.GetProperty("settledThrough").GetInt64().ShouldBe(2);
        (await EntriesAsync()).ShouldBe(0);
        await listener.SendAsync(new { id = "t", settle = new { upTo = "2" } });
        var error = (await listener.ReceiveAsync()).GetProperty("content");
        error.GetProperty("id").GetString().ShouldBe("t");
        error.GetProperty("code").GetString().ShouldBe("invalid-member");
    }

    [Fact]
    public async Task A_signal_can_be_stored_through_the_socket()
    {
        await using var alice = await Listener.StartAsync(cluster.Api);
        await alice.SendAsync(
            new
            {
                id = "1",
                to = bob,
                store = "always",
                content = 1,
            }
        );
        var outcome = (await alice.ReceiveAsync()).GetProperty("content");
        outcome.GetProperty("outcome").GetString().ShouldBe("stored");
        outcome.TryGetProperty("sequence", out _).ShouldBeFalse();

        await using var listener = await Listener.StartAsync(cluster.Api, bob);
        (await listener.ReceiveAsync()).Number.ShouldBe(1);
    }

    [Fact]
    public async Task The_inbox_is_read_in_pages()
    {
        var alice = await cluster.Api.ConnectAsync();
        for (var number = 1; number <= 5; number++)
        {
            await cluster.Api.StoreAsync(alice, bob, number);
        }

        var session = await cluster.Api.ConnectAsync(bob);
        var page = await cluster.ApiOf(1).ReadInboxAsync(session, "?after=1&limit=2");

        page.Sequences.ShouldBe([2, 3]);
        page.Json.GetProperty("more").GetBoolean().ShouldBeTrue();
        page.Json.GetProperty("lastSequence").GetInt64().ShouldBe(5);
        page.Json.GetProperty("recovered").GetBoolean().ShouldBeTrue();
        var last = await cluster.Api.ReadInboxAsync(session, "?after=3");
        last.Sequences.ShouldBe([4, 5]);
        last.Json.GetProperty("more").GetBoolean().ShouldBeFalse();
        (await cluster.Api.ReadInboxAsync(session, "?after=6&limit=0"))
            .Json.GetProperty("recovered")
            .GetBoolean()
            .ShouldBeFalse();
        (await cluster.Api.ReadInboxAsync(session, "?limit=65")).Code.ShouldBe("invalid-member");
        (await cluster.Api.GetAsync("/inbox")).Status.ShouldBe(HttpStatusCode.Unauthorized);
    }

    private async Task<(int, long)> SettleAsync(int webapp, Listener listener, object what)
    {
        var answer = await cluster.ApiOf(webapp).SettleAsync(listener.Session, what);
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        return (answer.Json.GetProperty("settled").GetInt32(), answer.Json.GetProperty("settledThrough").GetInt64());
    }

    private async Task<long> EntriesAsync()
    {
        await using var count = cluster.Database.CreateCommand(
            """
            SELECT count(*) FROM inbox_entries WHERE user_id = $1
            HAVING count(*) = (SELECT entries FROM inboxes WHERE user_id = $1)
               AND coalesce(sum(length(envelope)), 0) = (SELECT bytes FROM inboxes WHERE user_id = $1)
            """
        );
        count.Parameters.AddWithValue(bob);
        return (long)(await count.ExecuteScalarAsync())!;
    }

    private async Task<long> PublishedThroughAsync(Listener listener)
    {
        await using var read = cluster.Database.CreateCommand(
            "SELECT published_through FROM sessions WHERE listening_key = $1"
        );
        read.Parameters.AddWithValue(listener.Key);
        return (long)(await read.ExecuteScalarAsync())!;
    }
}
