using System.Net;
using System.Text.Json;
using SignalBroker.Tests.Harness;
using SignalBroker.Tests.Inbox;

namespace SignalBroker.Tests.Push;

/// <summary>A stored signal wakes a user who is away.</summary>
[Collection<PushCollection>]
public sealed class PushTests(PushCluster cluster)
{
    private readonly string bob = "bob-" + Guid.NewGuid();

    [Fact]
    public async Task A_stored_signal_wakes_a_user_who_is_away_and_does_not_tell_its_content()
    {
        var browser = await cluster.SubscribeAwayAsync(bob);
        var alice = await cluster.Api.ConnectAsync();

        await cluster.ApiOf(1).StoreAsync(alice, bob, "a secret", timeToLive: 100_000);

        var push = await browser.NextAsync();
        push.Text.ShouldBe("""{"type":"signalbroker","signals":1}""");
        int.Parse(push.Headers["TTL"]!).ShouldBeInRange(1, 100);
        push.Headers["Urgency"].ToString().ShouldBe("normal");
        push.Headers["Topic"].ToString().ShouldBe("signals");
        await cluster.NothingIsLeftAsync(bob);
    }

    [Fact]
    public async Task It_carries_the_newest_signal_where_that_is_wanted()
    {
        var browser = await cluster.SubscribeAwayAsync(bob, content: true);
        var alice = await cluster.Api.ConnectAsync();

        (await cluster.Api.StoreAsync(alice, bob, new { ring = "ring" }, "ifOffline")).ShouldBeStored();

        var signal = (await browser.NextAsync()).Message.GetProperty("signal");
        signal.Sequence.ShouldBe(1);
        signal.GetProperty("from").GetString().ShouldBe(alice.UserId);
        signal.GetProperty("content").GetProperty("ring").GetString().ShouldBe("ring");
    }

    [Fact]
    public async Task A_signal_that_is_too_large_is_pushed_without_content()
    {
        var browser = await cluster.SubscribeAwayAsync(bob, content: true);
        var alice = await cluster.Api.ConnectAsync();

        await cluster.Api.StoreAsync(alice, bob, new string('x', 4000));

        (await browser.NextAsync()).Message.TryGetProperty("signal", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task A_push_that_the_service_finds_too_large_is_repeated_without_content()
    {
        var browser = await cluster.SubscribeAwayAsync(bob, content: true);
        browser.AnswerNext(413);
        var alice = await cluster.Api.ConnectAsync();

        await cluster.Api.StoreAsync(alice, bob, 1);

        (await browser.NextAsync()).Message.TryGetProperty("signal", out _).ShouldBeFalse();
        browser.Tries.Count.ShouldBe(2);
        await cluster.NothingIsLeftAsync(bob);
    }

    [Fact]
    public async Task All_browsers_of_a_user_are_woken()
    {
        var phone = await cluster.SubscribeAwayAsync(bob);
        var laptop = await cluster.SubscribeAwayAsync(bob);
        var alice = await cluster.Api.ConnectAsync();

        await cluster.Api.StoreAsync(alice, bob, 1);

        await phone.NextAsync();
        await laptop.NextAsync();
    }

    [Fact]
    public async Task There_is_one_push_per_interval_however_many_signals_come()
    {
        var browser = await cluster.SubscribeAwayAsync(bob, content: true);
        var alice = await cluster.Api.ConnectAsync();
        await cluster.Api.StoreAsync(alice, bob, 1);
        var first = await browser.NextAsync();

        for (var number = 2; number <= 5; number++)
        {
            await cluster.ApiOf(number % 2).StoreAsync(alice, bob, number);
        }

        var second = await browser.NextAsync();
        (second.At - first.At).ShouldBeGreaterThanOrEqualTo(PushCluster.Interval);
        second.Message.GetProperty("signals").GetInt32().ShouldBe(5);
        second.Message.GetProperty("signal").Number.ShouldBe(5);
        await cluster.NothingIsLeftAsync(bob);
        browser.Tries.Count.ShouldBe(2);
    }

    [Theory]
    [InlineData(404)]
    [InlineData(410)]
    public async Task A_subscription_that_is_gone_is_removed(int status)
    {
        var gone = await cluster.SubscribeAwayAsync(bob);
        var other = await cluster.SubscribeAwayAsync(bob);
        gone.AnswerNext(status);
        var alice = await cluster.Api.ConnectAsync();

        await cluster.Api.StoreAsync(alice, bob, 1);

        await other.NextAsync();
        var session = await cluster.Api.ConnectAsync(bob);
        await Eventually.HoldsAsync(async () =>
            (await cluster.Api.SubscriptionsAsync(session)).ShouldBe([other.Subscriber.Endpoint.AbsoluteUri])
        );
        await cluster.NothingIsLeftAsync(bob);
        gone.Tries.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_busy_push_service_is_asked_again_and_not_before_it_wants()
    {
        var browser = await cluster.SubscribeAwayAsync(bob);
        browser.AnswerNext(500, 503);
        browser.AnswerNext(context =>
        {
            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = "3";
            return Task.CompletedTask;
        });
        var alice = await cluster.Api.ConnectAsync();

        await cluster.Api.StoreAsync(alice, bob, 1);
        await Eventually.HoldsAsync(() =>
        {
            browser.Tries.Count.ShouldBe(3);
            return Task.CompletedTask;
        });
        // A further signal does not make it impatient.
        await cluster.Api.StoreAsync(alice, bob, 2);

        var push = await browser.NextAsync();
        push.Message.GetProperty("signals").GetInt32().ShouldBe(2);
        (push.At - browser.Tries.ElementAt(2)).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(3));
        browser.Tries.Count.ShouldBe(4);
    }

    [Fact]
    public async Task A_push_service_that_was_down_gets_its_pushes_later()
    {
        var browser = await cluster.SubscribeAwayAsync(bob);
        var alice = await cluster.Api.ConnectAsync();
        await cluster.Service.StopAsync();
        try
        {
            await cluster.Api.StoreAsync(alice, bob, 1);
            await Eventually.HoldsAsync(async () => (await AttemptsAsync()).ShouldBeGreaterThan(1));
        }
        finally
        {
            await cluster.Service.StartAsync();
        }

        (await browser.NextAsync()).Message.GetProperty("signals").GetInt32().ShouldBe(1);
    }

    [Fact]
    public async Task A_push_that_is_refused_is_given_up_and_the_next_one_is_made()
    {
        var browser = await cluster.SubscribeAwayAsync(bob);
        browser.AnswerNext(400);
        var alice = await cluster.Api.ConnectAsync();
        await cluster.Api.StoreAsync(alice, bob, 1);
        await Eventually.HoldsAsync(() =>
        {
            browser.Tries.Count.ShouldBe(1);
            return Task.CompletedTask;
        });
        await cluster.NothingIsLeftAsync(bob);

        await cluster.Api.StoreAsync(alice, bob, 2);

        (await browser.NextAsync()).Message.GetProperty("signals").GetInt32().ShouldBe(2);
        browser.Tries.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Redirects_are_not_followed()
    {
        var browser = await cluster.SubscribeAwayAsync(bob);
        var elsewhere = cluster.Service.Register();
        browser.AnswerNext(context =>
        {
            context.Response.StatusCode = 307;
            context.Response.Headers.Location = elsewhere.Subscriber.Endpoint.AbsoluteUri;
            return Task.CompletedTask;
        });
        var alice = await cluster.Api.ConnectAsync();

        await cluster.Api.StoreAsync(alice, bob, 1);

        await Eventually.HoldsAsync(() =>
        {
            browser.Tries.Count.ShouldBe(1);
            return Task.CompletedTask;
        });
        await cluster.NothingIsLeftAsync(bob);
        elsewhere.Tries.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_push_ends_with_its_signal()
    {
        var browser = await cluster.SubscribeAwayAsync(bob);
        browser.AnswerNext([.. Enumerable.Repeat(503, 100)]);
        var alice = await cluster.Api.ConnectAsync();

        await cluster.Api.StoreAsync(alice, bob, 1, timeToLive: 1000);

        await Eventually.HoldsAsync(() =>
        {
            browser.Tries.ShouldNotBeEmpty();
            return Task.CompletedTask;
        });
        await cluster.NothingIsLeftAsync(bob);
        browser.Answers.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task A_user_who_listens_and_settles_is_not_woken()
    {
        await using var listener = await cluster.ListenAsync(bob);
        var browser = await cluster.SubscribeAsync(listener.Session);
        var alice = await cluster.Api.ConnectAsync();

        (await cluster.Api.StoreAsync(alice, bob, 1)).ShouldBeStored();
        await listener.ReceiveAsync();
        (await cluster.OutboxOfAsync(bob)).ShouldBe(1);
        await cluster.Api.SettleAsync(listener.Session, new { upTo = 1 });

        await cluster.NothingIsLeftAsync(bob);
        browser.Tries.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_user_who_stops_listening_before_settling_is_woken()
    {
        var listener = await cluster.ListenAsync(bob);
        var browser = await cluster.SubscribeAsync(listener.Session);
        var alice = await cluster.Api.ConnectAsync();

        await cluster.Api.StoreAsync(alice, bob, 1);
        await listener.ReceiveAsync();
        browser.Tries.ShouldBeEmpty();
        await listener.DisposeAsync();

        (await browser.NextAsync()).Message.GetProperty("signals").GetInt32().ShouldBe(1);
    }

    [Fact]
    public async Task A_user_who_has_come_back_and_settled_meanwhile_is_not_woken()
    {
        var browser = await cluster.SubscribeAwayAsync(bob);
        var settled = new TaskCompletionSource();
        browser.AnswerNext(async context =>
        {
            await settled.Task;
            context.Response.StatusCode = 503;
        });
        var alice = await cluster.Api.ConnectAsync();
        (await cluster.Api.StoreAsync(alice, bob, 1)).ShouldBeStored();
        await Eventually.HoldsAsync(() =>
        {
            browser.Tries.Count.ShouldBe(1);
            return Task.CompletedTask;
        });

        var session = await cluster.Api.ConnectAsync(bob);
        (await cluster.Api.SettleAsync(session, new { upTo = 1 })).Status.ShouldBe(HttpStatusCode.OK);
        await cluster.Api.DisconnectAsync(session);
        settled.SetResult();

        await cluster.NothingIsLeftAsync(bob);
        browser.Tries.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_signal_for_one_device_wakes_that_one_though_another_one_listens()
    {
        var phone = await cluster.Api.ConnectAsync(bob, "phone");
        var onPhone = await cluster.SubscribeAsync(phone);
        await cluster.Api.DisconnectAsync(phone);
        await using var laptop = await cluster.ListenAsync(bob, "laptop");
        var onLaptop = await cluster.SubscribeAsync(laptop.Session);
        var alice = await cluster.Api.ConnectAsync();

        await cluster.Api.StoreAsync(alice, bob, 1, device: "phone");

        await onPhone.NextAsync();
        await cluster.NothingIsLeftAsync(bob);
        onLaptop.Tries.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_receipt_wakes_nobody()
    {
        var browser = await cluster.SubscribeAwayAsync(bob);
        var sender = await cluster.Api.ConnectAsync(bob);
        var alice = await cluster.Api.ConnectAsync();
        await cluster.Api.StoreAsync(sender, alice.UserId, 1, receipt: "delivered");
        await cluster.Api.DisconnectAsync(sender);

        await cluster.Api.SettleAsync(alice, new { upTo = 1 });

        var back = await cluster.Api.ConnectAsync(bob);
        await Eventually.HoldsAsync(async () => (await cluster.Api.ReadInboxAsync(back)).Sequences.ShouldBe([1]));
        (await cluster.OutboxOfAsync(bob)).ShouldBe(0);
        browser.Tries.ShouldBeEmpty();
    }

    private async Task<int> AttemptsAsync()
    {
        await using var look = cluster.Database.CreateCommand(
            """
            SELECT coalesce(max(attempts), 0) FROM push_outbox JOIN push_subscriptions ON number = subscription
            WHERE user_id = $1
            """
        );
        look.Parameters.AddWithValue(bob);
        return (int)(await look.ExecuteScalarAsync())!;
    }
}
