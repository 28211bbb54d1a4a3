using System.Diagnostics;
using System.Text.RegularExpressions;
using SignalBroker.LocalCluster;
using SignalBroker.Push;
using SignalBroker.Tests.Demo;
using SignalBroker.Tests.Harness;
using SignalBroker.Tests.Push;

namespace SignalBroker.Tests.Http;

/// <summary>The lines that docs tell people to paste into a terminal work as they are, on servers that nobody has used.</summary>
public sealed partial class DocsTests
{
    private const string UsualAddress = "http://127.0.0.1:8080";

    private const string UsualPushPort = "9000";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_lines_about_the_inbox()
    {
        var lines = await RunAsync("inbox.md");

        lines[0].ShouldContain("\"outcome\":\"stored\",\"sessions\":[]");
        lines[1].ShouldContain("\"outcome\":\"stored\"");
        lines[2].ShouldBe(lines[0]);
        lines[3].ShouldContain("\"content\":\"hello\"");
        lines[3].ShouldContain("\"content\":\"there\"");
        lines[4].ShouldNotContain("\"content\":\"hello\"");
        lines[4].ShouldContain("\"content\":\"there\"");
        lines[5].ShouldBe("{\"settled\":2,\"settledThrough\":2}");
        lines[6].ShouldContain("\"entries\":[]");
        lines[7].ShouldContain("\"outcome\":\"delivered\"");
        lines.Count.ShouldBe(8);
    }

    [Fact]
    public async Task The_lines_about_rooms()
    {
        var lines = await RunAsync("rooms.md");

        foreach (
            var expected in (string[])
                [
                    "\"joinCode\":",
                    "\"event\":\"joined\"",
                    "\"alias\":\"Fox\"",
                    "hello all",
                    "who are you?",
                    "\"event\":\"revealed\"",
                    "\"event\":\"left\"",
                ]
        )
        {
            lines.ShouldContain(line => line.Contains(expected, StringComparison.Ordinal), expected);
        }
    }

    [Fact]
    public async Task The_lines_about_pushes()
    {
        var key = VapidKey.Create();
        var lines = await RunAsync(
            "push.md",
            new Dictionary<string, string>
            {
                ["Push:PrivateKey"] = key.PrivateKey,
                ["Push:Subject"] = PushCluster.Subject,
                // As the page says.
                ["Push:AllowPrivateEndpoints"] = "true",
                ["Push:AllowedHosts:0"] = "127.0.0.1",
                // What stands in for a push service may not be there yet.
                ["Push:Backoff"] = "00:00:00.2",
            }
        );

        lines[0].ShouldContain("\"outcome\":\"stored\"");
        lines[1].ShouldBe($"{{\"publicKey\":\"{key.PublicKey}\"}}");
        lines[2].ShouldContain("/push/1\"");
        lines[3].ShouldContain("\"outcome\":\"stored\"");
        lines[4].ShouldBe("POST /push/1 {");
        lines.ShouldContain("'content-encoding': 'aes128gcm',");
        lines[^1].ShouldBe("{\"subscriptions\":[]}");
    }

    // What the page's shell lines for servers that run already write, without empty lines; none of them may be an error.
    private static async Task<IReadOnlyList<string>> RunAsync(
        string page,
        IReadOnlyDictionary<string, string>? settings = null
    )
    {
        await using var cluster = await Cluster.StartAsync(
            new ClusterOptions { Nodes = 1, WebappSettings = settings ?? new Dictionary<string, string>() },
            Token
        );
        await cluster.AllNodesReadyAsync();
        var text = await File.ReadAllTextAsync(Path.Combine(Browser.FindRoot(), "docs", "guides", page), Token);
        var script = string.Concat(
            Scripts()
                .Matches(text)
                .Select(match => match.Groups["script"].Value)
                .Where(lines => !lines.StartsWith("make ", StringComparison.Ordinal))
        );
        script.ShouldContain(UsualAddress);
        script = script
            .Replace(UsualAddress, cluster.Webapps[0].PublicAddress)
            .Replace(UsualPushPort, $"{FreePort.Find()}");
        using var shell = Process.Start(
            new ProcessStartInfo("bash", ["-c", script])
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Token);
        patience.CancelAfter(Patience);
        try
        {
            var said = shell.StandardOutput.ReadToEndAsync(patience.Token);
            var complained = shell.StandardError.ReadToEndAsync(patience.Token);
            await shell.WaitForExitAsync(patience.Token);
            var lines = (await said).Split(
                '\n',
                StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries
            );
            (await complained).ShouldBeEmpty();
            shell.ExitCode.ShouldBe(0);
            lines.ShouldNotContain(line => line.Contains("\"status\":", StringComparison.Ordinal));
            return lines;
        }
        finally
        {
            if (!shell.HasExited)
            {
                shell.Kill(entireProcessTree: true);
            }
        }
    }

    [GeneratedRegex("```sh\n(?<script>.*?)```", RegexOptions.Singleline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Scripts();
}
