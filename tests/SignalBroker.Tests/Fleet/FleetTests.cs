using System.Net;
using SignalBroker.Fleet;
using SignalBroker.LocalCluster;
using SignalBroker.Tests.Failures;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Fleet;

/// <summary>Nodes are added, drained and removed while the webapps run, and no webapp is started again for it.</summary>
public sealed class FleetTests(FleetCluster cluster) : IClassFixture<FleetCluster>
{
    private static readonly string[] Nothing = [""];
    private static readonly string[] Spare = ["spare"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_node_comes_is_drained_goes_back_to_work_and_leaves()
    {
        var node = await cluster.Servers.AddNodeAsync(Token);
        var added = await cluster.PutAsync(node.Name, FleetCluster.DefinitionOf(node));
        added.Status.ShouldBe(HttpStatusCode.Created, added.Body);
        await cluster.BecomesAsync(node.Name, "ready");

        await using (var listener = await Listener.StartAsync(await ConnectOnAsync(node, webapp: 1)))
        {
            await ReceivesAsync(listener);
            (await cluster.DeleteAsync(node.Name)).Code.ShouldBe("node-holds-sessions");

            await cluster.PatchAsync(node.Name, new { state = "draining" }, webapp: 1);
            await cluster.BecomesAsync(node.Name, "draining");
            await GetsNoSessionAsync(node);
            await ReceivesAsync(listener);

            await cluster.PatchAsync(node.Name, new { state = "ready" });
            await cluster.BecomesAsync(node.Name, "ready");
            for (var webapp = 0; webapp < 2; webapp++)
            {
                await cluster.ApiOf(webapp).DisconnectAsync(await ConnectOnAsync(node, webapp));
            }

            await ReceivesAsync(listener);
        }

        await Eventually.HoldsAsync(async () => (await cluster.DeleteAsync(node.Name)).Code.ShouldBe("node-in-use"));
        await cluster.PatchAsync(node.Name, new { state = "draining" });
        await cluster.BecomesAsync(node.Name, "drained");
        (await cluster.DeleteAsync(node.Name)).Status.ShouldBe(HttpStatusCode.NoContent);
        await cluster.BecomesAsync(node.Name, null);
        (await cluster.PatchAsync(node.Name, new { state = "ready" })).Code.ShouldBe("node-not-found");
    }

    [Fact]
    public async Task An_operator_does_the_same_by_commands()
    {
        var node = await cluster.Servers.AddNodeAsync(Token);
        var defined = FleetCluster.DefinitionOf(node);
        await SaysAsync(
            node.Name,
            "add",
            node.Name,
            "--listening",
            $"{defined["listeningAddress"]}",
            "--amqp",
            $"{defined["amqpAddress"]}",
            "--management",
            $"{defined["managementAddress"]}",
            "--capacity",
            "7",
            "--region",
            "north",
            "--label",
            "fast",
            "--label",
            "new"
        );
        await cluster.BecomesAsync(node.Name, "ready");
        var nodes = (await cluster.InternalOf(0).GetAsync("/admin/nodes")).Json.EnumerateArray();
        var added = nodes.Single(each => each.GetProperty("name").GetString() == node.Name);
        added.GetProperty("capacity").GetInt32().ShouldBe(7);
        added.GetProperty("region").GetString().ShouldBe("north");
        added.GetProperty("labels").EnumerateArray().Select(label => label.GetString()).ShouldBe(["fast", "new"]);
        await SaysAsync("works", "check", node.Name);
        await SaysAsync("north", "list");

        await SaysAsync("dra", "drain", node.Name, "--wait");
        await SaysAsync("ready", "ready", node.Name);
        await cluster.PatchAsync(node.Name, new { state = "draining" });
        await cluster.BecomesAsync(node.Name, "drained");
        await SaysAsync($"{node.Name} is removed", "remove", node.Name);

        async Task SaysAsync(string expected, params string[] args)
        {
            var (code, output) = await AdminCommand.RunAsync(cluster.Servers.Webapps[0], [NodesCommand.Name, .. args]);
            code.ShouldBe(0, output);
            output.ShouldContain(expected);
        }
    }

    [Fact]
    public async Task A_webapp_without_credentials_for_a_node_says_so()
    {
        var node = await cluster.Servers.AddNodeAsync(Token);
        await cluster.PutAsync(node.Name, FleetCluster.DefinitionOf(node));
        var webapp = await cluster.Servers.AddWebappAsync([new("NodeCredentials:0:Node", "another")], Token);
        try
        {
            var listed = await new Api(webapp.InternalAddress).GetAsync("/admin/nodes");
            var unusable = listed
                .Json.EnumerateArray()
                .Single(found => found.GetProperty("name").GetString() == node.Name);
            unusable.GetProperty("state").GetString().ShouldBe("unreachable");
            unusable.GetProperty("why").GetString().ShouldBe("this webapp has no NodeCredentials for it");
        }
        finally
        {
            await cluster.Servers.RemoveWebappAsync(webapp);
            await cluster.PatchAsync(node.Name, new { state = "draining" });
            await cluster.BecomesAsync(node.Name, "drained");
            (await cluster.DeleteAsync(node.Name)).Status.ShouldBe(HttpStatusCode.NoContent);
        }
    }

    [Fact]
    public async Task Webapps_that_start_know_the_nodes_that_were_added_and_what_is_drained()
    {
        var node = await cluster.Servers.AddNodeAsync(Token);
        await cluster.PutAsync(node.Name, FleetCluster.DefinitionOf(node));
        var configured = cluster.Servers.Nodes[0].Name;
        await cluster.PatchAsync(configured, new { state = "draining" });
        var webapp = await cluster.Servers.AddWebappAsync(cancellationToken: Token);
        try
        {
            await cluster.BecomesAsync(node.Name, "ready");
            await cluster.BecomesAsync(configured, "drained");
            var session = await new Api(webapp.PublicAddress).ConnectAsync();
            session.ListeningAddress.ShouldBe(node.ListeningAddress);
            await cluster.ApiOf(0).DisconnectAsync(session);
        }
        finally
        {
            await cluster.PatchAsync(configured, new { state = "ready" });
            await cluster.Servers.RemoveWebappAsync(webapp);
            await RemoveAsync(node);
        }
    }

    [Fact]
    public async Task A_node_that_never_comes_back_is_forgotten_with_its_sessions()
    {
        var node = await cluster.Servers.AddNodeAsync(Token);
        await cluster.PutAsync(node.Name, FleetCluster.DefinitionOf(node));
        await cluster.BecomesAsync(node.Name, "ready");
        await using var watcher = await ListenOnAsync(cluster.Servers.Nodes[0]);
        await using var lost = await ListenOnAsync(node);
        await PresenceBecomesAsync(watcher.Session, lost.Session.UserId, "listening");

        await node.KillAsync();
        await cluster.BecomesAsync(node.Name, "lost");
        await PresenceBecomesAsync(watcher.Session, lost.Session.UserId, "unknown");
        (await cluster.DeleteAsync(node.Name)).Code.ShouldBe("node-holds-sessions");
        (await cluster.DeleteAsync(node.Name, "?sessions=forget")).Status.ShouldBe(HttpStatusCode.NoContent);

        await cluster.BecomesAsync(node.Name, null);
        await PresenceBecomesAsync(watcher.Session, lost.Session.UserId, "away");
        (
            await cluster.ApiOf(1).ExchangeAsync(watcher.Session, new { to = lost.Session.UserId, content = "hello" })
        ).OutcomeOrCode.ShouldNotBe("unknown");
    }

    [Fact]
    public async Task What_is_wrong_with_a_node_is_said_and_it_is_not_added()
    {
        var node = await cluster.Servers.AddNodeAsync(Token);
        await IsRefusedAsync(node.Name, 400, "invalid-member", ("listeningAddress", "http://127.0.0.1/ws"));
        await IsRefusedAsync(node.Name, 400, "invalid-member", ("amqpAddress", node.AmqpAddress));
        await IsRefusedAsync(node.Name, 400, "invalid-member", ("managementAddress", null));
        await IsRefusedAsync(node.Name, 400, "invalid-member", ("capacity", -1));
        await IsRefusedAsync(node.Name, 400, "invalid-member", ("region", "north east"));
        await IsRefusedAsync(node.Name, 400, "invalid-member", ("labels", Nothing));
        await IsRefusedAsync("n%20ode", 400, "invalid-member");
        await IsRefusedAsync(cluster.Servers.Nodes[0].Name, 409, "node-configured");

        var closed = $"127.0.0.1:{FreePort.Find()}";
        (
            await IsRefusedAsync(node.Name, 422, "node-check-failed", ("amqpAddress", $"amqp://{closed}/%2f"))
        ).ShouldContain("amqp: ");
        (
            await IsRefusedAsync(node.Name, 422, "node-check-failed", ("managementAddress", $"http://{closed}/"))
        ).ShouldContain("management: ");
        // Its auth_http paths bear another name.
        (await IsRefusedAsync("other", 422, "node-check-failed")).ShouldContain("broker-access/other/");

        async Task<string> IsRefusedAsync(
            string name,
            int status,
            string code,
            params (string Member, object? Value)[] changes
        )
        {
            var definition = FleetCluster.DefinitionOf(node);
            foreach (var (member, value) in changes)
            {
                definition[member] = value;
            }

            var answer = await cluster.PutAsync(name, definition);
            answer.Status.ShouldBe((HttpStatusCode)status, answer.Body);
            answer.Code.ShouldBe(code);
            answer.Body.ShouldNotContain(new Uri(node.AmqpAddress).UserInfo.Split(':')[1]);
            await cluster.BecomesAsync(node.Name, null);
            return answer.Json.GetProperty("detail").GetString()!;
        }
    }

    [Fact]
    public async Task A_description_that_does_not_work_leaves_the_one_that_does()
    {
        var node = await cluster.Servers.AddNodeAsync(Token);
        var definition = FleetCluster.DefinitionOf(node);
        await cluster.PutAsync(node.Name, definition);
        await cluster.BecomesAsync(node.Name, "ready");

        var wrong = new Dictionary<string, object?>(definition)
        {
            ["managementAddress"] = $"http://127.0.0.1:{FreePort.Find()}/",
        };
        (await cluster.PutAsync(node.Name, wrong)).Code.ShouldBe("node-check-failed");
        await cluster.BecomesAsync(node.Name, "ready");

        definition["capacity"] = 0;
        definition["region"] = "north";
        (await cluster.PutAsync(node.Name, definition)).Status.ShouldBe(HttpStatusCode.OK);
        await cluster.BecomesAsync(node.Name, "full");
        var changed = await cluster.PatchAsync(node.Name, new { capacity = 7, labels = Spare });
        changed.Json.GetProperty("region").GetString().ShouldBe("north");
        changed.Json.GetProperty("capacity").GetInt32().ShouldBe(7);
        await cluster.BecomesAsync(node.Name, "ready");
        await RemoveAsync(node);
    }

    private async Task<Listener> ListenOnAsync(Node node) => await Listener.StartAsync(await ConnectOnAsync(node, 0));

    private async Task<ConnectedSession> ConnectOnAsync(Node node, int webapp)
    {
        while (true)
        {
            var session = await cluster.ApiOf(webapp).ConnectAsync();
            if (session.ListeningAddress == node.ListeningAddress)
            {
                return session;
            }

            await cluster.ApiOf(webapp).DisconnectAsync(session);
        }
    }

    private async Task GetsNoSessionAsync(Node node)
    {
        for (var time = 0; time < 40; time++)
        {
            var api = cluster.ApiOf(time % 2);
            var session = await api.ConnectAsync();
            session.ListeningAddress.ShouldNotBe(node.ListeningAddress);
            await api.DisconnectAsync(session);
        }
    }

    // By each webapp.
    private async Task ReceivesAsync(Listener listener)
    {
        for (var webapp = 0; webapp < 2; webapp++)
        {
            var sent = await cluster
                .ApiOf(webapp)
                .ExchangeAsync(listener.Session, new { to = listener.Session.UserId, content = "hello" });
            sent.OutcomeOrCode.ShouldBe("queued");
            await FailureCluster.ReceivesAsync(listener, sent.Json.GetProperty("id").GetString()!);
        }
    }

    private Task PresenceBecomesAsync(ConnectedSession asker, string userId, string state) =>
        Eventually.HoldsAsync(async () =>
        {
            var shown = await cluster
                .ApiOf(0)
                .SendAsync(new HttpRequestMessage(HttpMethod.Get, $"/presence/{userId}"), asker.Authorization);
            shown.Json.GetProperty("state").GetString().ShouldBe(state);
        });

    private async Task RemoveAsync(Node node)
    {
        await cluster.PatchAsync(node.Name, new { state = "draining" });
        await Eventually.HoldsAsync(async () =>
            (await cluster.DeleteAsync(node.Name)).Status.ShouldBe(HttpStatusCode.NoContent)
        );
    }
}
