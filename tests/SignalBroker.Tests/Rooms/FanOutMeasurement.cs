using System.Diagnostics;
using System.Globalization;
using SignalBroker.LocalCluster;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Rooms;

/// <summary>What a room's signals cost by the number of its members; run on demand (<c>-explicit only</c>).</summary>
public sealed class FanOutMeasurement
{
    private const int Copies = 20_000;
    private const int Concurrent = 4;
    private const int Largest = 1_000;

    // Ticks of /proc/…/stat.
    private const double TicksPerSecond = 100;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Explicit = true)]
    public async Task Fan_out_at_2_10_100_and_1000_members()
    {
        await using var servers = await Cluster.StartAsync(
            new ClusterOptions
            {
                Nodes = 1,
                Webapps = 1,
                WebappSettings = new Dictionary<string, string>(TestCluster.Settings)
                {
                    ["Sessions:AckWithin"] = "00:02:00",
                    ["Rooms:CopiesPerSecondOfSession"] = "1000000",
                    ["Rooms:MaxMembers"] = "2000",
                    ["Signals:AddresseeBytesPerSecond"] = "1073741824",
                    ["Signals:AddresseeBurstBytes"] = "1073741824",
                    ["RateLimits:SignalBytesPerSecondOfSession"] = "134217728",
                },
            },
            Token
        );
        var api = new Api(servers.Webapps[0].PublicAddress);
        var admin = new Api(servers.Webapps[0].InternalAddress);
        await Eventually.HoldsAsync(async () => (await admin.GetAsync("/admin/nodes")).Body.ShouldContain("ready"));
        var sender = await api.ConnectAsync();
        var listeners = new List<Listener>();
        foreach (var _ in Enumerable.Range(0, Largest))
        {
            listeners.Add(await Listener.StartAsync(api));
        }

        Say("members  signals/s  copies/s  webapp µs/signal  webapp µs/copy  node µs/copy  last member p50  p99 ms");
        foreach (var members in (int[])[2, 10, 100, Largest])
        {
            await MeasureAsync(servers, api, sender, listeners[..members]);
        }

        foreach (var listener in listeners)
        {
            await listener.DisposeAsync();
        }
    }

    private static async Task MeasureAsync(
        Cluster servers,
        Api api,
        ConnectedSession sender,
        IReadOnlyList<Listener> listeners
    )
    {
        var room = (await api.CreateRoomAsync(sender, new { open = true, maxMembers = 2_000 })).Text("room")!;
        foreach (var listener in listeners)
        {
            await api.JoinRoomAsync(listener.Session, room);
        }

        var content = new string('x', 1_200);
        foreach (var listener in listeners)
        {
            listener.Socket.Arrived();
        }

        // One at a time, for the time until the last member has it.
        var delays = new List<double>();
        for (var number = 0; number < 30; number++)
        {
            var watch = Stopwatch.StartNew();
            await SendAsync();
            await ReceiveAsync(1);
            delays.Add(watch.Elapsed.TotalMilliseconds);
        }

        var signals = Math.Max(20, Copies / listeners.Count);
        var (webapp, node) = (CpuOf(servers.Webapps[0]), CpuOf(servers.Nodes[0]));
        var time = Stopwatch.StartNew();
        var receiving = ReceiveAsync(signals);
        await Parallel.ForAsync(
            0,
            signals,
            new ParallelOptions { MaxDegreeOfParallelism = Concurrent, CancellationToken = Token },
            async (_, _) => await SendAsync()
        );
        await receiving;
        time.Stop();
        var copies = signals * listeners.Count;
        (webapp, node) = (CpuOf(servers.Webapps[0]) - webapp, CpuOf(servers.Nodes[0]) - node);
        delays.Sort();
        Say(
            CultureInfo.InvariantCulture,
            $"{listeners.Count, 7} {signals / time.Elapsed.TotalSeconds, 10:0} {copies / time.Elapsed.TotalSeconds, 9:0} {webapp / signals * 1e6, 17:0} {webapp / copies * 1e6, 15:0.0} {node / copies * 1e6, 13:0} {delays[delays.Count / 2], 16:0.0} {delays[^1], 7:0.0}"
        );

        async Task SendAsync()
        {
            var answer = await api.ExchangeAsync(sender, new { toRoom = room, content });
            answer.Body.ShouldContain("\"queued\"");
            answer.Json.GetProperty("listening").GetInt32().ShouldBe(listeners.Count);
        }

        // What tells of members came before.
        Task ReceiveAsync(int each) =>
            Task.WhenAll(
                listeners.Select(async listener =>
                {
                    for (var left = each; left > 0; )
                    {
                        var frame = await listener.Socket.ExpectAsync("MESSAGE");
                        left -= frame.Body.Contains(content, StringComparison.Ordinal) ? 1 : 0;
                    }
                })
            );
    }

    // The seconds of processor time that all processes of a part have had.
    private static double CpuOf(Part part) =>
        part.ProcessIds.Sum(id =>
        {
            var stat = File.ReadAllText($"/proc/{id}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return double.Parse(fields[11], CultureInfo.InvariantCulture)
                + double.Parse(fields[12], CultureInfo.InvariantCulture);
        }) / TicksPerSecond;

    private static void Say(IFormatProvider culture, FormattableString line) => Say(line.ToString(culture));

    private static void Say(string line) => TestContext.Current.TestOutputHelper?.WriteLine(line);
}
