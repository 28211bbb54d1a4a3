using System.Net;
using SignalBroker.Tests.Harness;
using SignalBroker.Tests.Turn;

namespace SignalBroker.Tests.Rotation;

/// <summary>The secret that webapps share with a coturn, which keeps it in its database.</summary>
[Collection(nameof(RotationCollection))]
public sealed class TurnSecretTests(RotationCluster cluster)
{
    [Fact]
    public async Task A_coturn_knows_both_secrets_and_is_not_started_again()
    {
        var coturn = cluster.Servers.Turn!;
        var process = coturn.ProcessId;
        var (old, other) = (cluster.TurnSecret, cluster.NewSecret());
        var session = await cluster.Api.ConnectAsync();
        var before = await RelayOfAsync(session);
        await using var load = await Load.StartAsync(
            cluster.Api,
            async () => (await TurnClient.RelaysAsync(await RelayOfAsync(session))).ShouldBeTrue()
        );

        await coturn.RunAdminAsync("-s", other);
        cluster.Settings["Turn:Secret"] = other;
        await cluster.ReplaceWebappsAsync();
        // Credentials that browsers already have stay good until they expire, or the old secret is taken away.
        (await TurnClient.RelaysAsync(before)).ShouldBeTrue();
        await coturn.RunAdminAsync("-X", old);

        await load.StopAsync();
        (await TurnClient.RelaysAsync(before)).ShouldBeFalse();
        coturn.ProcessId.ShouldBe(process);
    }

    private async Task<Relay> RelayOfAsync(ConnectedSession session)
    {
        var answer = await cluster.Api.SendAsync(
            new HttpRequestMessage(HttpMethod.Get, "/ice-servers"),
            session.Authorization
        );
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        return Relay.ReadAll(answer.Json).ShouldHaveSingleItem();
    }
}
