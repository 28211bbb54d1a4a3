using SignalBroker.Fleet;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Fleet;

/// <summary>The command that operators type.</summary>
public sealed class NodesCommandTests(TestCluster cluster)
{
    [Fact]
    public async Task It_lists_and_checks_the_nodes()
    {
        var (code, output) = await RunAsync("list");
        code.ShouldBe(0, output);
        output.ShouldStartWith("NAME ");
        foreach (var node in cluster.Servers.Nodes)
        {
            output.ShouldContain(node.Name);
            (await RunAsync("check", node.Name)).Output.ShouldBe(
                "amqp: works\nmanagement: works\nsessions: works\n",
                StringCompareShould.IgnoreLineEndings
            );
        }
    }

    [Theory]
    [InlineData("There is no node of this name.", "drain", "sb9")]
    [InlineData("There is no node of this name.", "remove", "sb9", "--forget-sessions")]
    [InlineData(
        "'listeningAddress' must be an address that begins with ws:// or wss://.",
        "add",
        "sb9",
        "--listening=http://x/",
        "--amqp=amqp://x/",
        "--management=http://x/"
    )]
    public async Task What_it_can_not_do_it_says_in_one_line(string expected, params string[] args)
    {
        var (code, output) = await RunAsync(args);

        code.ShouldBe(1);
        output.Trim().ShouldBe(expected);
    }

    [Fact]
    public async Task Where_no_webapp_is_it_says_so()
    {
        var nowhere = $"http://127.0.0.1:{FreePort.Find()}";
        var (code, output) = await RunAsync("list", "--server", nowhere);

        code.ShouldBe(1);
        output.ShouldStartWith($"{nowhere} is not the internal port of a webapp: ");
    }

    private Task<(int Code, string Output)> RunAsync(params string[] args) =>
        AdminCommand.RunAsync(cluster.Servers.Webapps[0], [NodesCommand.Name, .. args]);
}
