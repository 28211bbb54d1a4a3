using System.Net;
using SignalBroker.Tests.Harness;
using SignalBroker.Tests.Signals;

namespace SignalBroker.Tests.Threats;

/// <summary>Who has sent a signal is what the server knows, and not what the sender says.</summary>
public sealed class SenderHonestyTests(TestCluster cluster)
{
    [Fact]
    public async Task Whatever_the_body_says_of_its_sender_is_ignored()
    {
        await using var mallory = await Listener.StartAsync(cluster.Api);
        await using var bob = await Listener.StartAsync(cluster.Api);
        await using var alice = await Listener.StartAsync(cluster.Api);

        var answer = await cluster.Api.ExchangeAsync(
            mallory.Session,
            new
            {
                from = alice.Session.UserId,
                fromSession = alice.Key,
                fromUserId = alice.Session.UserId,
                sender = alice.Session.UserId,
                userId = alice.Session.UserId,
                sentAt = "1999-12-31T23:59:59.999Z",
                room = "of somebody else",
                to = bob.Session.UserId,
                content = new { from = alice.Session.UserId },
            }
        );

        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        var envelope = await bob.ReceiveAsync();
        envelope.GetProperty("from").GetString().ShouldBe(mallory.Session.UserId);
        envelope.GetProperty("fromSession").GetString().ShouldBe(mallory.Key);
        envelope.GetProperty("sentAt").GetString().ShouldNotStartWith("1999");
        string[] members = ["id", "from", "fromSession", "to", "sentAt", "content"];
        envelope.EnumerateObject().Select(member => member.Name).ShouldBe(members);
    }

    [Fact]
    public async Task Members_can_not_be_smuggled_into_the_envelope_through_texts()
    {
        await using var mallory = await Listener.StartAsync(cluster.Api);
        const string Smuggled = "x\",\"from\":\"alice";

        var answer = await cluster.Api.ExchangeAsync(
            mallory.Session,
            new
            {
                to = mallory.Session.UserId,
                id = Smuggled,
                type = Smuggled,
                content = Smuggled,
            }
        );

        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        var envelope = await mallory.ReceiveAsync();
        envelope.EnumerateObject().Count(member => member.Name == "from").ShouldBe(1);
        envelope.GetProperty("from").GetString().ShouldBe(mallory.Session.UserId);
        envelope.GetProperty("id").GetString().ShouldBe(Smuggled);
        envelope.GetProperty("type").GetString().ShouldBe(Smuggled);
    }
}
