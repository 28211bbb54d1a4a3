using System.Net;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Users;

/// <summary>What <c>/connect</c> says while the issuer's newest keys are not known.</summary>
public sealed class KeySetOutageTests(TestCluster cluster) : IDisposable
{
    private readonly Issuer issuer = new();

    public void Dispose() => issuer.Dispose();

    [Fact]
    public async Task A_token_with_an_unknown_key_is_put_off_until_the_keys_may_be_fetched_again()
    {
        await using var server = await KeySetServer.StartAsync(issuer.RsaEntry("old"));
        var webapp = await cluster.Servers.AddWebappAsync(
            new Dictionary<string, string>
            {
                ["Users:Tokens"] = "Required",
                ["Users:Issuer"] = Issuer.Name,
                ["Users:Audience"] = Issuer.Audience,
                ["Users:KeySet:Address"] = server.Address.ToString(),
                ["Users:KeySet:MinInterval"] = "00:10:00",
            },
            TestContext.Current.CancellationToken
        );
        var api = new Api(webapp.PublicAddress);
        (await ConnectAsync(api, "old")).Status.ShouldBe(HttpStatusCode.OK);

        var putOff = await ConnectAsync(api, "new");

        putOff.Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        putOff.Code.ShouldBe("token-keys-unavailable");
        putOff.Headers.RetryAfter!.Delta!.Value.TotalSeconds.ShouldBeInRange(1, 600);
        (await ConnectAsync(api, "old")).Status.ShouldBe(HttpStatusCode.OK);
        await webapp.StopAsync(TestContext.Current.CancellationToken);
    }

    private Task<Answer> ConnectAsync(Api api, string key) =>
        api.PostAsync(
            "/connect",
            new { },
            new(
                "Bearer",
                issuer.Sign(
                    "RS256",
                    $$"""{"alg":"RS256","kid":"{{key}}"}""",
                    Issuer.ClaimsOf("alice", TimeProvider.System.GetUtcNow())
                )
            )
        );
}
