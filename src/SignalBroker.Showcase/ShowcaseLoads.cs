using SignalBroker.LocalCluster;
using SignalBroker.Storm.Loads;
using SignalBroker.Storm.Pokes;
using SignalBroker.Storm.Watching;

namespace SignalBroker.Showcase;

/// <summary>What the showcase starts, and the loads that it runs one after the other; five minutes in all.</summary>
internal static class ShowcaseLoads
{
    /// <summary>Two nodes and two webapps that let one machine load them as many users would.</summary>
    public static ClusterOptions Cluster { get; } =
        new()
        {
            Nodes = 2,
            Webapps = 2,
            WebappSettings = new Dictionary<string, string>(NoLimits.PerAddressee)
            {
                ["Logging:LogLevel:Default"] = "Warning",
            },
        };

    public static IReadOnlyList<Load> For(Cluster cluster, double scale, string folder, int? statusPort, bool quiet)
    {
        var common = new LoadOptions
        {
            Urls = [.. cluster.Webapps.Select(webapp => new Uri(webapp.PublicAddress))],
            Watch =
            [
                .. cluster.Nodes.Select(node => new Watched(node.Name, node.ProcessId)),
                .. cluster.Webapps.Select(webapp => new Watched(webapp.Name, webapp.ProcessId)),
                new Watched("postgres", cluster.Postgres.ProcessId),
            ],
            Report = Path.Combine(folder, "report.html"),
            Json = Path.Combine(folder, "report.json"),
            StatusPort = statusPort,
            Quiet = quiet,
        };
        return
        [
            new ConnectLoad(Sized(3000, 5)),
            new ExchangeLoad(Sized(1000, 40), new() { Rate = 500 }),
            new ExchangeLoad(Sized(1000, 30), new() { Rate = null }),
            new ExchangeLoad(Sized(500, 20), new() { Rate = 200, Burst = 1000 }),
            new PokeLoad(Sized(500, 30), new() { Leaves = 64, Count = Math.Max(1, (int)(100 * scale)) }),
            new ReconnectLoad(Sized(2000, 2) with { AtOnce = 256 }, node: null, times: 1),
            new ChurnLoad(Sized(300, 30), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(1)),
        ];

        LoadOptions Sized(int clients, double seconds) =>
            common with
            {
                Clients = Math.Max(10, (int)(clients * scale)),
                Duration = TimeSpan.FromSeconds(Math.Max(1, seconds * scale)),
            };
    }
}
