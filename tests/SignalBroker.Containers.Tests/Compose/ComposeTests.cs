using System.Net.Http.Json;
using System.Text.Json;
using SignalBroker.Client;
using SignalBroker.Client.Tests.Harness;
using SignalBroker.Containers.Tests.Harness;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Containers.Tests.Compose;

/// <summary>What deploy/compose starts by one command, through its one address.</summary>
public sealed class ComposeTests(Stack stack) : IClassFixture<Stack>, IAsyncLifetime
{
    private static readonly string[] InNode = ["exec", "-T", "sb1", "SignalBroker", "nodes"];
    private static readonly string[] Server = ["--server", "http://haproxy:8081"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        Assert.SkipWhen(stack.Missing is not null, $"no containers can be composed here: {stack.Missing}");
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Users_hear_each_other_while_webapps_are_replaced()
    {
        await using var alice = await ConnectAsync();
        await using var bob = await ConnectAsync();
        foreach (var webapp in (string[])["webapp1", "webapp2"])
        {
            await stack.ComposeAsync("stop", webapp);
            // Ended by itself, on SIGTERM.
            (await stack.InspectAsync(webapp, "{{.State.ExitCode}}")).ShouldBe("0");

            await alice.SendAsync(bob.UserId, $"without {webapp}", cancellationToken: Token);
            (await bob.NextSignalAsync()).Content.GetString().ShouldBe($"without {webapp}");

            await stack.ComposeAsync("start", webapp);
            await IsHealthyAsync(webapp);
        }
    }

    [Fact]
    public async Task Both_nodes_take_sessions_and_the_command_is_in_the_image()
    {
        await Eventually.HoldsAsync(async () =>
        {
            var nodes = await stack.RunCommandAsync("nodes", "list");
            nodes.Split('\n').Count(line => line.Contains("ready", StringComparison.Ordinal)).ShouldBe(2, nodes);
        });
        var sessions = new HashSet<string>(StringComparer.Ordinal);
        await Eventually.HoldsAsync(async () =>
        {
            sessions.Add((await new Api(stack.Address).ConnectAsync()).ListeningAddress);
            sessions.Count.ShouldBe(2);
        });
    }

    [Fact]
    public async Task A_node_drains_itself_with_the_command_of_its_own_image()
    {
        await stack.ComposeAsync([.. InNode, "drain", "sb1", "--wait", .. Server]);
        await Eventually.HoldsAsync(async () =>
        {
            var nodes = await stack.RunCommandAsync("nodes", "list");
            nodes.ShouldContain("drained");
        });

        await stack.ComposeAsync([.. InNode, "ready", "sb1", .. Server]);
    }

    [Theory]
    [InlineData("SignalBroker", "--version")]
    [InlineData("storm", "--version")]
    public async Task The_image_has_every_program(params string[] command) =>
        (await stack.ComposeAsync(["run", "--rm", "--no-deps", "-T", "webapp2", .. command])).ShouldNotBeEmpty();

    [Fact]
    public async Task A_webapp_has_no_rights_and_writes_nowhere()
    {
        (await stack.InspectAsync("webapp1", "{{.Config.User}} {{.HostConfig.ReadonlyRootfs}}")).ShouldBe(
            "1654:1654 true"
        );
        (await stack.InspectAsync("sb1", "{{.Config.User}}")).ShouldBe("rabbitmq");
        await IsHealthyAsync("webapp1");
    }

    [Fact]
    public async Task Prometheus_sees_both_webapps()
    {
        using var http = new HttpClient();
        await Eventually.HoldsAsync(async () =>
        {
            var answer = await http.GetFromJsonAsync<JsonElement>(
                $"{stack.Prometheus}/api/v1/query?query=sum(up)",
                Token
            );
            answer.GetProperty("data").GetProperty("result")[0].GetProperty("value")[1].GetString().ShouldBe("2");
        });
    }

    private Task<SignalBrokerClient> ConnectAsync() =>
        SignalBrokerClient.ConnectAsync(new() { Url = new(stack.Address) }, Token);

    private Task IsHealthyAsync(string service) =>
        Eventually.HoldsAsync(async () =>
            (await stack.InspectAsync(service, "{{.State.Health.Status}}")).ShouldBe("healthy")
        );
}
