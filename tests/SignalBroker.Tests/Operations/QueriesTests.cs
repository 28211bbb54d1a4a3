using System.Text.Json;
using SignalBroker.LocalCluster;
using SignalBroker.Tests.Harness;
using SignalBroker.Tests.Rooms;

namespace SignalBroker.Tests.Operations;

/// <summary>What the dashboard and the alerts ask, a real Prometheus answers about real webapps.</summary>
[Collection<WatchedCollection>]
public sealed class QueriesTests(WatchedCluster cluster)
{
    // What is counted in the database may be a minute old.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    private static readonly JsonElement Dashboard = JsonElement.Parse(
        File.ReadAllText(Path.Combine(Repository.Root, "deploy", "grafana", "signalbroker.json"))
    );

    [Fact]
    public async Task Each_panel_of_the_dashboard_has_data()
    {
        var queries = Panels().SelectMany(QueriesOf).ToArray();
        queries.Length.ShouldBeGreaterThan(50);

        // Rates need two scrapes of everything.
        await Eventually.HoldsAsync(
            async () =>
            {
                var empty = new List<string>();
                foreach (var (panel, query) in queries)
                {
                    var series = await cluster.QueryAsync(query);
                    if (!series.Any(HasNumber))
                    {
                        empty.Add($"{panel}: {query}");
                    }
                }

                cluster.LoadFailure.ShouldBeEmpty();
                empty.ShouldBeEmpty();
            },
            Patience
        );
    }

    [Fact]
    public async Task The_dashboard_can_be_narrowed_down_to_nodes()
    {
        var variables = Dashboard.GetProperty("templating").GetProperty("list").EnumerateArray().ToArray();
        variables.Select(variable => variable.Text("name")).ShouldBe(["datasource", "job", "node"]);
        foreach (var variable in variables.Where(variable => variable.Text("type") == "query"))
        {
            // label_values(metric, label)
            var asked = variable.GetProperty("query").Text("query")!;
            var parts = asked[(asked.IndexOf('(', StringComparison.Ordinal) + 1)..^1].Split(", ");
            var series = await cluster.QueryAsync(Fill(parts[0]));
            series.Any(each => each.GetProperty("metric").TryGetProperty(parts[1], out _)).ShouldBeTrue(asked);
        }

        var node = cluster.Servers.Nodes[1].Name;
        var shown = await cluster.QueryAsync(
            $"sum by (node) (signalbroker_nodes{{job=\"signalbroker\", node=~\"{node}\"}})"
        );
        shown.ShouldHaveSingleItem().GetProperty("metric").Text("node").ShouldBe(node);
    }

    [Fact]
    public void Panels_lie_side_by_side_in_their_rows()
    {
        var cells = new HashSet<(int X, int Y)>();
        foreach (var panel in Panels())
        {
            var place = panel.GetProperty("gridPos");
            var (x, y) = (place.GetProperty("x").GetInt32(), place.GetProperty("y").GetInt32());
            var (width, height) = (place.GetProperty("w").GetInt32(), place.GetProperty("h").GetInt32());
            (x + width).ShouldBeLessThanOrEqualTo(24, panel.Text("title"));
            for (var cell = 0; cell < width * height; cell++)
            {
                cells.Add((x + (cell % width), y + (cell / width))).ShouldBeTrue(panel.Text("title"));
            }
        }

        Panels().Select(panel => panel.GetProperty("id").GetInt32()).ShouldBeUnique();
    }

    [Fact]
    public async Task Each_alert_can_be_evaluated_and_none_fires_while_all_is_well()
    {
        var rules = (await cluster.AskAsync("rules")).GetProperty("groups").EnumerateArray().Single();
        var alerts = rules.GetProperty("rules").EnumerateArray().ToArray();
        alerts.Length.ShouldBeGreaterThan(20);

        await Eventually.HoldsAsync(async () =>
            (await cluster.AskAsync("rules"))
                .GetProperty("groups")[0]
                .GetProperty("rules")
                .EnumerateArray()
                .ShouldAllBe(rule => rule.Text("health") == "ok")
        );

        foreach (var alert in alerts)
        {
            await cluster.QueryAsync(alert.Text("query")!);
        }

        (await cluster.QueryAsync("""ALERTS{alertstate="firing"}""")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Each_metric_that_an_alert_goes_by_is_there()
    {
        var rules = (await cluster.AskAsync("rules")).GetProperty("groups")[0].GetProperty("rules");
        var asked = rules.EnumerateArray().SelectMany(rule => MetricName.In(rule.Text("query")!)).Distinct().ToArray();
        asked.Length.ShouldBeGreaterThan(10);

        await Eventually.HoldsAsync(
            async () =>
            {
                var there = (await cluster.AskAsync("label/__name__/values")).EnumerateArray();
                asked.Except(there.Select(name => name.GetString()!)).ShouldBeEmpty();
            },
            Patience
        );
    }

    private static JsonElement.ArrayEnumerator Panels() => Dashboard.GetProperty("panels").EnumerateArray();

    private static IEnumerable<(string Panel, string Query)> QueriesOf(JsonElement panel) =>
        panel.TryGetProperty("targets", out var targets)
            ? targets.EnumerateArray().Select(target => (panel.Text("title")!, Fill(target.Text("expr")!)))
            : [];

    // As Grafana does, with all nodes.
    private static string Fill(string query) =>
        query
            .Replace("$__rate_interval", "30s", StringComparison.Ordinal)
            .Replace("$job", "signalbroker", StringComparison.Ordinal)
            .Replace("$node", ".*", StringComparison.Ordinal);

    private static bool HasNumber(JsonElement series) => series.GetProperty("value")[1].GetString() != "NaN";
}
