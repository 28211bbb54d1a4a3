using System.Net;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Inbox;

/// <summary>A signal with 'store' that is sent again is answered as the first time, and not delivered again.</summary>
public sealed class RepeatTests(TestCluster cluster)
{
    private readonly string bob = "bob-" + Guid.NewGuid();

    [Fact]
    public async Task A_repeat_of_a_stored_signal_gets_the_first_answer_from_any_webapp()
    {
        var user = "alice-" + Guid.NewGuid();
        var alice = await cluster.Api.ConnectAsync(user);
        await cluster.Api.StoreAsync(alice, bob, 0);
        (await cluster.Api.StoreAsync(alice, bob, 1, id: "x")).ShouldBeStored();

        // The sender has lost its session, and does not know whether the signal came through.
        var again = await cluster.ApiOf(1).ConnectAsync(user);
        (await cluster.ApiOf(1).StoreAsync(again, bob, 1, id: "x")).ShouldBeStored();
        (await cluster.ApiOf(0).StoreAsync(again, bob, 1, "ifOffline", id: "x")).ShouldBeStored();

        var session = await cluster.Api.ConnectAsync(bob);
        (await cluster.Api.ReadInboxAsync(session)).Sequences.ShouldBe([1, 2]);
    }

    [Fact]
    public async Task A_repeat_of_a_signal_that_a_device_received_names_that_device()
    {
        var alice = await cluster.Api.ConnectAsync();
        await using var listener = await Listener.StartAsync(cluster.Api, bob);
        var first = await cluster.Api.StoreAsync(alice, bob, 1, "ifOffline", id: "x");
        first.Outcomes.ShouldBe([(listener.Key, "queued")]);

        var second = await cluster.ApiOf(1).StoreAsync(alice, bob, 1, "ifOffline", id: "x");
        await cluster.ApiOf(1).StoreAsync(alice, bob, 2, "ifOffline", id: "y");

        second.Body.ShouldBe(first.Body);
        (await listener.ReceiveAsync()).Number.ShouldBe(1);
        (await listener.ReceiveAsync()).Number.ShouldBe(2);
    }

    [Theory]
    [InlineData("always")]
    [InlineData("ifOffline")]
    public async Task Repeats_at_the_same_moment_on_two_webapps_store_one_signal(string store)
    {
        var alice = await cluster.Api.ConnectAsync();

        var answers = await Task.WhenAll(
            Enumerable
                .Range(0, 20)
                .Select(number => cluster.ApiOf(number % 2).StoreAsync(alice, bob, 1, store, id: "x"))
        );

        foreach (var answer in answers)
        {
            answer.ShouldBeStored();
        }

        var session = await cluster.Api.ConnectAsync(bob);
        (await cluster.Api.ReadInboxAsync(session)).Sequences.ShouldBe([1]);
    }

    [Fact]
    public async Task An_id_can_be_used_for_one_signal_only()
    {
        var alice = await cluster.Api.ConnectAsync();
        await cluster.Api.StoreAsync(alice, bob, 1, id: "x");

        var other = await cluster.Api.StoreAsync(alice, bob, 2, id: "x");
        var elsewhere = await cluster.Api.StoreAsync(alice, "carol", 1, id: "x");
        var ofAnother = await cluster.Api.StoreAsync(await cluster.Api.ConnectAsync(), bob, 3, id: "x");

        other.Status.ShouldBe(HttpStatusCode.Conflict);
        other.Code.ShouldBe("id-already-used");
        elsewhere.Code.ShouldBe("id-already-used");
        ofAnother.ShouldBeStored();
    }

    [Fact]
    public async Task A_signal_that_was_refused_may_be_sent_again()
    {
        var alice = await cluster.Api.ConnectAsync();
        (await cluster.Api.StoreAsync(alice, bob, 1, id: "x", receipt: "read")).Code.ShouldBe("invalid-member");

        (await cluster.Api.StoreAsync(alice, bob, 1, id: "x")).ShouldBeStored();
    }
}
