using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Failures;

/// <summary>What operators see of a lost node and of a lost database, and that it goes by with the loss.</summary>
public sealed class MetricsLossTests(FailureCluster cluster) : FailureTests(cluster)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task A_killed_node_shows()
    {
        var victim = Cluster.Victim.Name;

        await Cluster.Victim.KillAsync();

        await AllSayAsync(lines =>
        {
            lines.ShouldContain(line =>
                line.Contains($"node=\"{victim}\",state=\"unreachable\"}} 1", StringComparison.Ordinal)
                || line.Contains($"node=\"{victim}\",state=\"lost\"}} 1", StringComparison.Ordinal)
            );
            lines.ShouldContain(line =>
                line.EndsWith($"node=\"{victim}\",state=\"ready\"}} 0", StringComparison.Ordinal)
            );
        });
        await Cluster.Victim.StartAsync(Token);
        await AllSayAsync(lines =>
            lines.ShouldContain(line =>
                line.EndsWith($"node=\"{victim}\",state=\"ready\"}} 1", StringComparison.Ordinal)
            )
        );
    }

    [Fact]
    public async Task A_stopped_database_shows_and_what_it_counts_is_left_out()
    {
        const string Sessions = "signalbroker_sessions{";
        await using var listener = await Cluster.ListenOnAsync(Cluster.Bystander);
        var late = await Cluster.ConnectOnAsync(Cluster.Bystander);
        await AllSayAsync(lines => lines.ShouldContain(line => line.StartsWith(Sessions, StringComparison.Ordinal)));

        await Cluster.Servers.Postgres.StopAsync(Token);

        await AllSayAsync(lines =>
        {
            lines.ShouldContain(line => IsDatabaseUp(line, 0));
            lines.ShouldNotContain(line => line.StartsWith(Sessions, StringComparison.Ordinal));
        });
        await using (var socket = await StompSocket.OpenAsync(late.ListeningAddress))
        {
            await socket.ConnectAsync(late.ListeningKey, late.Passcode);
            await socket.ExpectAsync("ERROR");
        }

        await Eventually.HoldsAsync(async () =>
            (await Task.WhenAll(ScrapeAsync(0), ScrapeAsync(1)))
                .SelectMany(lines => lines)
                .ShouldContain(line => line.Contains("answer=\"failed\",question=\"user\"", StringComparison.Ordinal))
        );
        await Cluster.Servers.Postgres.StartAsync(Token);
        await AllSayAsync(lines =>
        {
            lines.ShouldContain(line => IsDatabaseUp(line, 1));
            lines.ShouldContain(line => line.StartsWith(Sessions, StringComparison.Ordinal));
        });
    }

    private static bool IsDatabaseUp(string line, int value) =>
        line.StartsWith("signalbroker_database_up{", StringComparison.Ordinal)
        && line.EndsWith($" {value}", StringComparison.Ordinal);

    private async Task AllSayAsync(Action<string[]> assertion)
    {
        for (var webapp = 0; webapp < Cluster.Servers.Webapps.Count; webapp++)
        {
            var scraped = webapp;
            await Eventually.HoldsAsync(async () => assertion(await ScrapeAsync(scraped)), Patience);
        }
    }

    private async Task<string[]> ScrapeAsync(int webapp) =>
        (await Cluster.InternalOf(webapp).GetAsync("/metrics")).Body.Split('\n');
}
