using System.Diagnostics;
using System.Text.RegularExpressions;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Presence;

/// <summary>The lines of docs/guides/presence.md work as typed.</summary>
public sealed partial class DocsTests(TestCluster cluster)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_lines_to_try_say_what_the_page_says()
    {
        var page = await File.ReadAllTextAsync(FindPage(), Token);
        var script = Script().Match(page).Groups["script"].Value;
        script.ShouldContain("url=http://127.0.0.1:8080");
        var users = Guid.NewGuid().ToString("N");
        // Only where, and who: other tests have an alice of their own.
        script = Name()
            .Replace(script, $"$0-{users}")
            .Replace("http://127.0.0.1:8080", cluster.Api.Address.AbsoluteUri.TrimEnd('/'), StringComparison.Ordinal);

        using var shell = Process.Start(
            new ProcessStartInfo("bash", ["-c", script]) { UseShellExecute = false, RedirectStandardOutput = true }
        )!;
        var output = await shell.StandardOutput.ReadToEndAsync(Token);
        await shell.WaitForExitAsync(Token);

        output.ShouldNotContain("\"code\"");
        output.ShouldContain($$"""{"users":["bob-{{users}}","carol-{{users}}"]}""");
        Told().Matches(output).Select(told => told.Groups["state"].Value).ShouldBe(["listening", "away"]);
        output.ShouldContain($"\"userId\":\"dave-{users}\",\"state\":\"away\"");
        output.ShouldContain("\"next\":\"");
    }

    private static string FindPage()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "docs", "guides", "presence.md")))
        {
            folder = folder.Parent!;
        }

        return Path.Combine(folder.FullName, "docs", "guides", "presence.md");
    }

    [GeneratedRegex("```sh\n(?<script>.*?)```", RegexOptions.Singleline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Script();

    [GeneratedRegex(
        "(?<=[\"=,/])(alice|bob|carol|dave)(?=[\",&; ])(?!=)",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex Name();

    [GeneratedRegex(
        "\"type\":\"presence\".*?\"state\":\"(?<state>[a-z]+)\"",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex Told();
}
