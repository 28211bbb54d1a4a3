using System.Text.RegularExpressions;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Demo;

/// <summary>What docs/getting-started.md tells people to paste into their browsers.</summary>
public sealed partial class GettingStartedTests(TestCluster cluster, Browser browser) : BrowserTests(cluster, browser)
{
    [Fact]
    public async Task Its_lines_make_two_tabs_talk_as_they_are()
    {
        var page = await File.ReadAllTextAsync(Path.Combine(Browser.FindRoot(), "docs", "getting-started.md"), Token);
        var scripts = Scripts().Matches(page).Select(match => match.Groups["script"].Value).ToList();
        scripts.Count.ShouldBe(2);
        var bob = await OpenAsync(Cluster.Api);
        var alice = await OpenAsync(Cluster.Api);

        await bob.Page.EvaluateAsync($"async () => {{ {scripts[0]} }}");
        await alice.Page.EvaluateAsync($"async () => {{ {scripts[1]} }}");

        await Eventually.HoldsAsync(() =>
        {
            bob.ConsoleText.ShouldContain("alice {hello: bob}");
            bob.ConsoleText.ShouldContain("alice calls, peer to peer: hello, bob");
            return Task.CompletedTask;
        });
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [GeneratedRegex("```js\n(?<script>.*?)```", RegexOptions.Singleline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Scripts();
}
