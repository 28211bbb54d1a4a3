using SignalBroker.Operations;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Operations;

/// <summary>What operators type before they let users in.</summary>
public sealed class CheckCommandTests(TestCluster cluster)
{
    [Fact]
    public async Task It_tries_the_database_and_every_node_and_gives_advice()
    {
        var (code, output) = await RunAsync();

        output.ShouldMatch("^ok      PostgreSQL [0-9]+ answers\n");
        output.ShouldContain("ok      the schema is as new as this version needs\n");
        foreach (var node in cluster.Servers.Nodes)
        {
            output.ShouldContain($"ok      node {node.Name}, amqp: works\n");
            output.ShouldContain($"ok      node {node.Name}, management: works\n");
            output.ShouldContain($"ok      node {node.Name}, sessions: works\n");
        }

        output.ShouldContain("advice  anybody may connect under any name (Users:Tokens is Off)\n        → ");
        // The tests' database is quick and careless.
        output.ShouldContain("WRONG   PostgreSQL tells of commits that are not on the disk");
        output.TrimEnd().Split('\n')[^1].ShouldMatch("^1 wrong, [0-9]+ to think about$");
        code.ShouldBe(1);
    }

    [Fact]
    public async Task Without_a_database_it_says_so_and_where_to_look()
    {
        var (code, output) = await RunAsync(
            $"--ConnectionStrings:Database=Host=127.0.0.1;Port={FreePort.Find()};Username=a;Password=secret-of-mine"
        );

        code.ShouldBe(1);
        output.ShouldStartWith("WRONG   the database can't be reached: ");
        output.ShouldContain("        → look at ConnectionStrings:Database");
        output.ShouldNotContain("secret-of-mine");
    }

    [Fact]
    public async Task A_node_that_refuses_the_webapp_is_named()
    {
        var address = new UriBuilder(cluster.Servers.Nodes[0].AmqpAddress) { Password = "secret-of-mine" }.Uri;

        var (_, output) = await RunAsync($"--Nodes:0:AmqpAddress={address.OriginalString}");

        output.ShouldContain($"WRONG   node {cluster.Servers.Nodes[0].Name}, amqp: it refuses signalbroker-webapp");
        output.ShouldNotContain("secret-of-mine");
    }

    [Fact]
    public async Task A_setting_that_does_not_exist_stops_it()
    {
        var (code, output) = await RunAsync("--Sessions:PerUsr=Many");

        code.ShouldBe(1);
        output.ShouldContain("Sessions:PerUser");
    }

    private Task<(int Code, string Output)> RunAsync(params string[] settings) =>
        AdminCommand.RunWithSettingsAsync(cluster.Servers.Webapps[0], [CheckCommand.Name, .. settings]);
}
