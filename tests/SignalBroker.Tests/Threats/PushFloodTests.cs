using System.Net;
using SignalBroker.Http;
using SignalBroker.Presence;
using SignalBroker.Push;
using SignalBroker.Tests.Harness;
using SignalBroker.Tests.Push;

namespace SignalBroker.Tests.Threats;

/// <summary>Whoever registers endpoints under made-up names runs out of them soon.</summary>
[Collection<PushCollection>]
public sealed class PushFloodTests(PushCluster cluster)
{
    private const int AtOnce = 10;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_address_registers_so_many_new_subscriptions_and_renews_those_that_are_known()
    {
        var webapp = await cluster.Servers.AddWebappAsync(
            [new("Push:SubscriptionsPerDayOfAddress", $"{DailyBudget.Parts * AtOnce}")],
            Token
        );
        var api = new Api(webapp.PublicAddress, IPAddress.Parse("127.0.8.1"));
        var elsewhere = new Api(webapp.PublicAddress, IPAddress.Parse("127.0.8.2"));
        var session = await api.ConnectAsync();
        var first = cluster.Service.Register();
        (await api.PutSubscriptionAsync(session, first.Subscriber.ToJson())).Status.ShouldBe(HttpStatusCode.NoContent);

        Answer answer;
        var registered = 1;
        while (
            (
                answer = await api.PutSubscriptionAsync(
                    await api.ConnectAsync(),
                    cluster.Service.Register().Subscriber.ToJson()
                )
            ).Status == HttpStatusCode.NoContent
        )
        {
            registered.ShouldBeLessThan(3 * AtOnce);
            registered++;
        }

        answer.Status.ShouldBe(HttpStatusCode.TooManyRequests, answer.Body);
        answer.Code.ShouldBe("too-many-subscriptions-of-address");
        answer.Headers.RetryAfter!.Delta!.Value.ShouldBeGreaterThan(TimeSpan.Zero);
        registered.ShouldBe(AtOnce);
        (await api.PutSubscriptionAsync(session, first.Subscriber.ToJson(content: true))).Status.ShouldBe(
            HttpStatusCode.NoContent
        );
        var other = await elsewhere.ConnectAsync();
        (await elsewhere.PutSubscriptionAsync(other, cluster.Service.Register().Subscriber.ToJson())).Status.ShouldBe(
            HttpStatusCode.NoContent
        );
        await webapp.StopAsync(Token);
    }
}
