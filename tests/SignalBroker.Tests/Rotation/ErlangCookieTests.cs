using System.Runtime.Versioning;
using SignalBroker.LocalCluster;

namespace SignalBroker.Tests.Rotation;

/// <summary>The cookie by which rabbitmqctl is let in to the nodes of its own machine.</summary>
[UnsupportedOSPlatform("windows")]
[Collection(nameof(RotationCollection))]
public sealed class ErlangCookieTests(RotationCluster cluster)
{
    // As in docs/operations/secrets.md: the new cookie is on no command line.
    private const string Take = """
        {ok, Cookie} = file:read_file("%file"), erlang:set_cookie(binary_to_atom(Cookie, utf8)).
        """;

    [Fact]
    public async Task It_changes_while_the_nodes_run()
    {
        var nodes = cluster.Servers.Nodes;
        var home = (await nodes[0].RunCtlAsync("eval", "os:getenv(\"HOME\").")).Trim().Trim('"');
        var file = Path.Combine(home, ".erlang.cookie");
        var old = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
        await using var load = await Load.StartAsync(cluster.Api);

        await File.WriteAllTextAsync($"{file}.new", cluster.NewSecret(), TestContext.Current.CancellationToken);
        File.SetUnixFileMode($"{file}.new", UnixFileMode.UserRead);
        await Task.WhenAll(
            nodes.Select(node =>
                node.RunCtlAsync("eval", Take.Replace("%file", $"{file}.new", StringComparison.Ordinal))
            )
        );
        File.Move($"{file}.new", file, overwrite: true);

        (await nodes[0].RunCtlAsync("eval", "1 + 1.")).Trim().ShouldBe("2");
        await Should.ThrowAsync<PartFailedException>(() =>
            nodes[0].RunCtlAsync("--erlang-cookie", old, "eval", "1 + 1.")
        );
        await load.StopAsync();
    }
}
