using System.Net;
using SignalBroker.LocalCluster;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Rotation;

/// <summary>The password of the nodes' management user changes with the user.</summary>
[Collection(nameof(RotationCollection))]
public sealed class ManagementPasswordTests(RotationCluster cluster)
{
    private const string User = "signalbroker-management";
    private const string Other = "signalbroker-management-2";

    [Fact]
    public async Task Webapps_move_from_one_user_to_another_and_nobody_notices()
    {
        var old = new Uri(cluster.Servers.Nodes[0].ManagementAddress).UserInfo.Split(':')[1];
        var password = cluster.NewSecret();
        await using var load = await Load.StartAsync(cluster.Api);

        foreach (var node in cluster.Servers.Nodes)
        {
            await node.AddManagementUserAsync(Other, password, TestContext.Current.CancellationToken);
            (await Management.LogInAsync(node, User, old)).ShouldBe(HttpStatusCode.OK);
        }

        cluster.Settings["NodeCredentials:0:ManagementUser"] = Other;
        cluster.Settings["NodeCredentials:0:ManagementPassword"] = password;
        await cluster.ReplaceWebappsAsync();
        foreach (var node in cluster.Servers.Nodes)
        {
            await node.RunCtlAsync("delete_user", User);
        }

        await load.StopAsync();
        foreach (var node in cluster.Servers.Nodes)
        {
            (await Management.LogInAsync(node, Other, password)).ShouldBe(HttpStatusCode.OK);
            (await Management.LogInAsync(node, User, old)).ShouldBe(HttpStatusCode.Unauthorized);
            foreach (var webapp in cluster.Serving)
            {
                await PassesItsChecksAsync(node, webapp);
            }
        }

        // A node that starts again knows the users of its configuration.
        var restarted = cluster.Servers.Nodes[0];
        await restarted.RestartAsync(TestContext.Current.CancellationToken);
        (await Management.LogInAsync(restarted, Other, password)).ShouldBe(HttpStatusCode.OK);
        (await Management.LogInAsync(restarted, User, old)).ShouldBe(HttpStatusCode.Unauthorized);
        await cluster.Servers.AllNodesReadyAsync();
    }

    private static async Task PassesItsChecksAsync(Node node, Webapp webapp)
    {
        var checks = await new Api(webapp.InternalAddress).PostAsync($"/admin/nodes/{node.Name}/check", new { });
        checks.Status.ShouldBe(HttpStatusCode.OK, checks.Body);
        checks.Json.EnumerateArray().ShouldAllBe(check => check.GetProperty("passed").GetBoolean(), checks.Body);
    }
}
