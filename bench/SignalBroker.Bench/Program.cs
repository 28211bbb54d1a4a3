using System.Globalization;
using SignalBroker.Bench;
using SignalBroker.LocalCluster;

const int Runs = 3;
const int Senders = 64;
const int Receivers = 1000;
const int Listeners = 3000;
const int ConnectsAtOnce = 32;
var duration = TimeSpan.FromSeconds(10);
CultureInfo.DefaultThreadCurrentCulture = CultureInfo.InvariantCulture;

Console.WriteLine("Starting PostgreSQL, one node and one webapp …");
await using var cluster = await Cluster.StartAsync(
    new ClusterOptions
    {
        Nodes = 1,
        Webapps = 1,
        WebappSettings = new Dictionary<string, string>
        {
            ["RateLimits:RequestsPerSecondOfAddress"] = "1000000",
            ["RateLimits:SignalsPerSecondOfSession"] = "1000000",
            ["Sessions:MaxPerAddress"] = "0",
            ["Signals:AddresseeBytesPerSecond"] = "1000000000",
            ["Signals:AddresseeBurstBytes"] = "1000000000",
            ["Logging:LogLevel:Default"] = "Warning",
        },
    }
);
using var handler = new SocketsHttpHandler { UseProxy = false };
using var http = new HttpClient(handler) { BaseAddress = new Uri(cluster.Webapps[0].PublicAddress) };
var broker = new Uri(cluster.Nodes[0].AmqpAddress);

// Everything has run once before anything is measured.
var sessions = await Loads.ConnectAsync(http, Receivers, ConnectsAtOnce);
var receivers = sessions.ConvertAll(opened => opened.Session);
var senders = receivers.Take(Senders).ToList();
await Loads.ExchangeAsync(http, senders, receivers, duration / 2);
await Loads.PublishAsync(broker, receivers, duration / 2);

var before = Measurement.ResidentKiB(cluster.Nodes[0].ProcessId);
var connecting = Measurement.Start(cluster);
sessions.AddRange(await Loads.ConnectAsync(http, Listeners, ConnectsAtOnce));
Report("connect + listen", connecting.Per(Listeners));
var grown = Measurement.ResidentKiB(cluster.Nodes[0].ProcessId) - before;
Console.WriteLine($"memory of the node per listener: {grown / (double)Listeners:F0} KiB");

var ratios = new List<double>();
for (var run = 1; run <= Runs; run++)
{
    var raw = Measurement.Start(cluster);
    var published = raw.Per(await Loads.PublishAsync(broker, receivers, duration));
    Report($"raw broker, run {run}", published);
    var relay = Measurement.Start(cluster);
    var exchanged = relay.Per(await Loads.ExchangeAsync(http, senders, receivers, duration));
    Report($"/exchange, run {run}", exchanged);
    ratios.Add(exchanged.PerSecond / published.PerSecond);
}

Console.WriteLine($"/exchange : raw broker = {ratios.Order().ElementAt(Runs / 2):F2} (median of {Runs})");
foreach (var (_, listener) in sessions)
{
    listener.Dispose();
}

static void Report(string what, (double PerSecond, IReadOnlyDictionary<string, double> Cpu) measured) =>
    Console.WriteLine(
        $"{what, -20} {measured.PerSecond, 8:F0} per second; CPU µs each: "
            + string.Join(", ", measured.Cpu.Select(process => $"{process.Key} {process.Value:F0}"))
    );
