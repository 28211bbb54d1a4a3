using System.Text.RegularExpressions;
using SignalBroker.LocalCluster;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Operations;

/// <summary>docs/operations/monitoring.md lists what webapps export of their own, all of it and nothing else.</summary>
[Collection<WatchedCollection>]
public sealed partial class MetricsTests(WatchedCluster cluster)
{
    private const string Prefix = "signalbroker_";

    // Parts of every histogram.
    private static readonly string[] Parts = ["_bucket", "_count", "_sum"];

    private static readonly string[] Nobody = ["user", "key", "address", "ip", "session", "device", "room"];

    [Fact]
    public async Task The_documentation_has_every_metric_with_its_type_and_labels()
    {
        var documented = await ReadPageAsync();

        await Eventually.HoldsAsync(
            async () =>
            {
                var exported = ReadExported(await cluster.ScrapeAsync());
                exported.Keys.ShouldBe(documented.Keys, ignoreOrder: true);
                foreach (var (name, metric) in exported)
                {
                    metric.ShouldBe(documented[name], name);
                }
            },
            // What is counted in the database may be a minute old.
            TimeSpan.FromMinutes(4)
        );
    }

    [Fact]
    public async Task Prometheus_finds_nothing_wrong_with_them()
    {
        var scraped = await new Api(cluster.Servers.Webapps[0].InternalAddress).GetAsync("/metrics");

        (await Promtool.RunAsync(["check", "metrics"], scraped.Body)).ShouldBeEmpty();
    }

    [Fact]
    public async Task No_label_says_who_somebody_is()
    {
        var exported = ReadExported(await cluster.ScrapeAsync());

        exported
            .Values.SelectMany(metric => metric.Labels.Split(", "))
            .ShouldNotContain(label => Nobody.Contains(label));
        exported.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task A_limit_that_refuses_is_called_as_its_setting()
    {
        var settings = await File.ReadAllTextAsync(
            Path.Combine(Repository.Root, "docs", "reference", "settings.md"),
            TestContext.Current.CancellationToken
        );
        var limits = Limit()
            .Matches(await cluster.ScrapeAsync())
            .Select(match => match.Groups["limit"].Value)
            .ToHashSet();

        limits.ShouldContain("RateLimits:SignalsPerSecondOfSession");
        limits.ShouldAllBe(limit => settings.Contains($"| `{limit}` |", StringComparison.Ordinal));
    }

    private static async Task<Dictionary<string, Metric>> ReadPageAsync()
    {
        var page = await File.ReadAllTextAsync(
            Path.Combine(Repository.Root, "docs", "operations", "monitoring.md"),
            TestContext.Current.CancellationToken
        );
        return Row()
            .Matches(page)
            .ToDictionary(
                row => row.Groups["name"].Value,
                row => new Metric(row.Groups["type"].Value, JoinLabels(Code().Matches(row.Groups["labels"].Value)))
            );
    }

    private static Dictionary<string, Metric> ReadExported(string scraped)
    {
        var types = Type()
            .Matches(scraped)
            .Select(type => (Name: type.Groups["name"].Value, Type: type.Groups["type"].Value));
        return types
            .Where(type => type.Name.StartsWith(Prefix, StringComparison.Ordinal))
            .DistinctBy(type => type.Name)
            .ToDictionary(
                type => type.Name,
                type => new Metric(type.Type, JoinLabels(LabelsOf(scraped, type.Name, type.Type)))
            );
    }

    private static IEnumerable<Match> LabelsOf(string scraped, string name, string type)
    {
        var names = type == "histogram" ? Parts.Select(part => name + part) : [name];
        return names.SelectMany(full =>
            scraped
                .Split('\n')
                .Where(line => line.StartsWith(full + "{", StringComparison.Ordinal))
                .SelectMany(line => Label().Matches(line))
        );
    }

    private static string JoinLabels(IEnumerable<Match> labels) =>
        string.Join(
            ", ",
            labels
                .Select(label => label.Groups["label"].Value)
                .Where(label => label != "le" && !label.StartsWith("otel_", StringComparison.Ordinal))
                .Distinct()
                .Order()
        );

    private sealed record Metric(string Type, string Labels);

    [GeneratedRegex(
        @"^\| `(?<name>signalbroker_\w+)` \| (?<type>\w+) \| (?<labels>[^|]*) \|",
        RegexOptions.Multiline,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex Row();

    [GeneratedRegex("`(?<label>[^`]+)`", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Code();

    [GeneratedRegex(@"^# TYPE (?<name>\w+) (?<type>\w+)", RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Type();

    [GeneratedRegex("[{,](?<label>[a-z_]+)=\"", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Label();

    [GeneratedRegex("limit=\"(?<limit>[^\"]+)\"", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Limit();
}
