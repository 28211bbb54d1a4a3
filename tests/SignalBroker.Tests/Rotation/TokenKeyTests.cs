using System.Net;
using SignalBroker.Tests.Harness;
using SignalBroker.Tests.Users;

namespace SignalBroker.Tests.Rotation;

/// <summary>The keys with which users' tokens are signed.</summary>
[Collection(nameof(RotationCollection))]
public sealed class TokenKeyTests(RotationCluster cluster)
{
    private static long Now => TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();

    [Fact]
    public async Task Tokens_of_both_keys_are_good_while_the_secret_in_the_settings_changes()
    {
        using var other = new Issuer();
        var (first, second) = ((cluster.Issuer, "first"), (other, "second"));
        var signed = first;
        await using var load = await Load.StartAsync(cluster.Api, () => ConnectAsync("HS256", signed));

        cluster.Settings["Users:Keys:1:Id"] = second.Item2;
        cluster.Settings["Users:Keys:1:SecretBase64Url"] = Issuer.Encode(other.Secret);
        await cluster.ReplaceWebappsAsync();
        signed = second;
        await load.FlowsAsync();
        // Tokens of before are good until they expire.
        await ConnectAsync("HS256", first);
        cluster.Settings.Remove("Users:Keys:0:Id");
        cluster.Settings.Remove("Users:Keys:0:SecretBase64Url");
        await cluster.ReplaceWebappsAsync();

        await load.StopAsync();
        (await AskAsync("HS256", first)).Code.ShouldBe("token-invalid");
    }

    [Fact]
    public async Task A_published_key_changes_without_a_word_to_the_webapps()
    {
        using var other = new Issuer();
        var (first, second) = ((cluster.Issuer, "first"), (other, "second"));
        var signed = first;
        await using var load = await Load.StartAsync(cluster.Api, () => ConnectAsync("RS256", signed));

        cluster.KeySet.Publish(cluster.Issuer.RsaEntry("first"), other.RsaEntry("second"));
        await EachHasFetchedAsync(load);
        signed = second;
        await load.FlowsAsync();
        await ConnectAsync("RS256", first);
        cluster.KeySet.Publish(other.RsaEntry("second"));

        await Eventually.HoldsAsync(async () =>
        {
            foreach (var webapp in cluster.Serving)
            {
                (await AskAsync("RS256", first, webapp.PublicAddress)).Status.ShouldBe(HttpStatusCode.Unauthorized);
            }
        });
        await load.StopAsync();
    }

    // Of what a webapp asks for, it asks once more only after it has had the answer before.
    private async Task EachHasFetchedAsync(Load load)
    {
        var asked = cluster.KeySet.Requests;
        while (cluster.KeySet.Requests < asked + 2 * cluster.Serving.Count)
        {
            await load.FlowsAsync(1);
        }
    }

    private async Task ConnectAsync(string algorithm, (Issuer Issuer, string Key) by)
    {
        var answer = await AskAsync(algorithm, by);
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        answer.Session.UserId.ShouldStartWith("carol-");
        await cluster.Api.DisconnectAsync(answer.Session);
    }

    private Task<Answer> AskAsync(string algorithm, (Issuer Issuer, string Key) by, string? webapp = null)
    {
        var token = by.Issuer.Sign(
            algorithm,
            $$"""{"alg":"{{algorithm}}","typ":"JWT","kid":"{{by.Key}}"}""",
            Issuer.ClaimsOf($"carol-{Guid.NewGuid()}", TimeProvider.System.GetUtcNow(), $$""","iat":{{Now}}""")
        );
        return (webapp is null ? cluster.Api : new Api(webapp)).PostAsync("/connect", new { }, new("Bearer", token));
    }
}
