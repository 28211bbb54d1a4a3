using System.Net;
using SignalBroker.Containers.Tests.Harness;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Containers.Tests.Signals;

/// <summary>Signals go through the webapp, or through the sender's socket, to their addressee's queues.</summary>
public sealed class ExchangeTests(Servers servers) : ContainerTests(servers)
{
    [Fact]
    public async Task A_signal_reaches_its_addressee_and_nobody_else()
    {
        await using var alice = await Listener.StartAsync(Api);
        await using var bob = await Listener.StartAsync(Api);
        await using var carol = await Listener.StartAsync(Api);

        var answer = await Api.ExchangeAsync(
            alice.Session,
            new
            {
                to = bob.Session.UserId,
                type = "offer",
                content = new { sdp = "v=0" },
            }
        );
        await Api.ExchangeAsync(alice.Session, new { to = carol.Session.UserId, content = "for Carol" });

        answer.Outcomes.ShouldBe([(bob.Key, "queued")]);
        var envelope = await bob.ReceiveAsync();
        envelope.GetProperty("id").GetString().ShouldBe(answer.Json.GetProperty("id").GetString());
        envelope.GetProperty("from").GetString().ShouldBe(alice.Session.UserId);
        envelope.GetProperty("fromSession").GetString().ShouldBe(alice.Key);
        envelope.GetProperty("type").GetString().ShouldBe("offer");
        envelope.GetProperty("content").GetProperty("sdp").GetString().ShouldBe("v=0");
        (await carol.ReceiveAsync()).GetProperty("content").GetString().ShouldBe("for Carol");
        bob.Socket.Arrived().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_signal_reaches_each_device_of_its_addressee()
    {
        await using var alice = await Listener.StartAsync(Api);
        await using var phone = await Listener.StartAsync(Api);
        await using var laptop = await Listener.StartAsync(Api, phone.Session.UserId);

        var answer = await Api.ExchangeAsync(alice.Session, new { to = phone.Session.UserId, content = "ring" });

        answer.Outcomes.ShouldBe([(phone.Key, "queued"), (laptop.Key, "queued")], ignoreOrder: true);
        (await phone.ReceiveAsync()).GetProperty("content").GetString().ShouldBe("ring");
        (await laptop.ReceiveAsync()).GetProperty("content").GetString().ShouldBe("ring");
    }

    [Fact]
    public async Task A_signal_to_somebody_who_has_left_is_answered_so()
    {
        await using var alice = await Listener.StartAsync(Api);
        await using var bob = await Listener.StartAsync(Api);
        await IsAckedAsync(bob.Key);
        bob.Socket.Abort();
        await IsAckedAsync(bob.Key, expected: null);

        var answer = await Api.ExchangeAsync(alice.Session, new { to = bob.Session.UserId, content = "hello?" });

        answer.Status.ShouldBe(HttpStatusCode.NotFound, answer.Body);
        answer.Code.ShouldBe("user-not-listening");
    }

    [Fact]
    public async Task A_signal_through_the_socket_reaches_its_addressee_and_its_outcome_the_sender()
    {
        await using var alice = await Listener.StartAsync(Api);
        await using var bob = await Listener.StartAsync(Api);
        await IsAckedAsync(bob.Key);

        await alice.SendAsync(
            new
            {
                to = bob.Session.UserId,
                id = "first",
                content = "hello",
            }
        );

        var envelope = await bob.ReceiveAsync();
        envelope.GetProperty("fromSession").GetString().ShouldBe(alice.Key);
        envelope.GetProperty("content").GetString().ShouldBe("hello");
        (await alice.Socket.ExpectAsync("MESSAGE")).Body.ShouldContain("\"queued\"");
    }
}
