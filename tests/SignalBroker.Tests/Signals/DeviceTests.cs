using System.Net;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Signals;

/// <summary>Signals for one of a user's devices.</summary>
public sealed class DeviceTests(TestCluster cluster)
{
    [Fact]
    public async Task A_signal_for_a_device_reaches_that_one_only()
    {
        var user = "owner-" + Guid.NewGuid();
        await using var phone = await Listener.StartAsync(cluster.Api, user, "phone");
        await using var laptop = await Listener.StartAsync(cluster.Api, user, "laptop");

        var answer = await SendAsync(
            laptop,
            new
            {
                to = user,
                device = "phone",
                content = 1,
            }
        );
        (await SendAsync(laptop, new { to = user, content = 2 })).Outcomes.Count.ShouldBe(2);

        answer.Outcomes.ShouldBe([(phone.Key, "queued")]);
        (await phone.ReceiveAsync()).GetProperty("content").GetInt32().ShouldBe(1);
        (await phone.ReceiveAsync()).GetProperty("content").GetInt32().ShouldBe(2);
        (await laptop.ReceiveAsync()).GetProperty("content").GetInt32().ShouldBe(2);
    }

    [Fact]
    public async Task A_device_that_does_not_listen_is_named_in_the_answer()
    {
        await using var bob = await Listener.StartAsync(cluster.Api);

        var answer = await SendAsync(
            bob,
            new
            {
                to = bob.Session.UserId,
                device = "phone",
                content = 1,
            }
        );

        answer.Status.ShouldBe(HttpStatusCode.NotFound);
        answer.Code.ShouldBe("user-not-listening");
        answer.Body.ShouldContain($"Device phone of {bob.Session.UserId} is not listening.");
    }

    [Theory]
    [InlineData("")]
    [InlineData("a phone")]
    public async Task A_device_has_a_name_as_at_connect(string device)
    {
        await using var bob = await Listener.StartAsync(cluster.Api);

        var answer = await SendAsync(
            bob,
            new
            {
                to = bob.Session.UserId,
                device,
                content = 1,
            }
        );

        answer.Status.ShouldBe(HttpStatusCode.BadRequest);
        answer.Code.ShouldBe("invalid-member");
    }

    [Fact]
    public async Task A_session_is_addressed_without_a_device()
    {
        await using var bob = await Listener.StartAsync(cluster.Api);

        var answer = await SendAsync(
            bob,
            new
            {
                toSession = bob.Key,
                device = "phone",
                content = 1,
            }
        );

        answer.Status.ShouldBe(HttpStatusCode.BadRequest);
        answer.Code.ShouldBe("invalid-member");
    }

    private Task<Answer> SendAsync(Listener sender, object signal) => cluster.Api.ExchangeAsync(sender.Session, signal);
}
