using System.Net;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Rotation;

/// <summary>The key by which a backend sends as the application.</summary>
[Collection(nameof(RotationCollection))]
public sealed class ServiceKeyTests(RotationCluster cluster)
{
    [Fact]
    public async Task An_application_has_two_keys_while_its_backends_change()
    {
        var (old, other) = (cluster.ServiceKey, cluster.NewSecret());
        var used = old;
        await using var addressee = await Listener.StartAsync(cluster.Api);
        await using var load = await Load.StartAsync(
            cluster.Api,
            async () =>
            {
                var answer = await SendAsync(used, addressee.Key);
                answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
                answer.OutcomeOrCode.ShouldBe("queued");
                (await addressee.ReceiveAsync())
                    .GetProperty("from")
                    .GetProperty("application")
                    .GetString()
                    .ShouldBe(RotationCluster.Application);
            }
        );

        cluster.Settings["Users:ServiceKeys:1:Name"] = RotationCluster.Application;
        cluster.Settings["Users:ServiceKeys:1:Sha256"] = RotationCluster.HashOf(other);
        await cluster.ReplaceWebappsAsync();
        used = other;
        await load.FlowsAsync();
        cluster.Settings.Remove("Users:ServiceKeys:0:Name");
        cluster.Settings.Remove("Users:ServiceKeys:0:Sha256");
        await cluster.ReplaceWebappsAsync();

        await load.StopAsync();
        (await SendAsync(old, addressee.Key)).Code.ShouldBe("service-key-invalid");
    }

    private Task<Answer> SendAsync(string key, string to) =>
        cluster.Api.PostAsync("/exchange", new { toSession = to, content = 1 }, new("ServiceKey", key));
}
