using System.Text.RegularExpressions;
using SignalBroker.LocalCluster;

namespace SignalBroker.Tests.Operations;

/// <summary>Prometheus takes the rules, each fires when it is to, and each says what is to be done.</summary>
public sealed partial class AlertRulesTests
{
    private static readonly string Folder = Path.GetDirectoryName(Repository.AlertRules)!;

    private static readonly string[] Alerts =
    [
        .. Alert().Matches(File.ReadAllText(Repository.AlertRules)).Select(alert => alert.Groups["name"].Value),
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("check", "rules", "alerts.yml")]
    [InlineData("check", "config", "prometheus.yml")]
    [InlineData("test", "rules", "alerts.test.yml")]
    public async Task Promtool_is_content(params string[] arguments) =>
        (await Promtool.RunAsync(arguments)).ShouldBeEmpty();

    [Fact]
    public async Task Each_alert_is_tested()
    {
        var tests = await File.ReadAllTextAsync(Path.Combine(Folder, "alerts.test.yml"), Token);

        Alerts.Length.ShouldBeGreaterThan(20);
        Alerts.ShouldBeUnique();
        Test().Matches(tests).Select(test => test.Groups["name"].Value).ShouldBe(Alerts);
    }

    [Fact]
    public async Task Each_alert_leads_to_its_paragraph_and_each_paragraph_has_an_alert()
    {
        var page = await File.ReadAllTextAsync(
            Path.Combine(Repository.Root, "docs", "operations", "runbooks.md"),
            Token
        );
        var rules = await File.ReadAllTextAsync(Repository.AlertRules, Token);

        var paragraphs = Heading().Matches(page);

        paragraphs.Select(heading => heading.Groups["name"].Value).ShouldBe(Alerts);
        paragraphs.ShouldAllBe(heading => heading.Groups["text"].Value.Trim().Length > 100);
        Runbook()
            .Matches(rules)
            .Select(link => link.Groups["anchor"].Value)
            .ShouldBe(Alerts.Select(alert => alert.ToLowerInvariant()));
    }

    [GeneratedRegex(@"^ +- alert: (?<name>\w+)$", RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Alert();

    [GeneratedRegex(@"^  - name: (?<name>\w+)$", RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Test();

    [GeneratedRegex(
        @"^ +runbook: docs/operations/runbooks\.md#(?<anchor>\w+)$",
        RegexOptions.Multiline,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex Runbook();

    [GeneratedRegex(
        @"^### (?<name>\w+)\n(?<text>(?:(?!#).*\n)*)",
        RegexOptions.Multiline,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex Heading();
}
