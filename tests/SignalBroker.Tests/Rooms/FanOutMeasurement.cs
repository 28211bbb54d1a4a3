using System.Diagnostics;
using System.Globalization;
using SignalBroker.LocalCluster;
using SignalBroker.Tests.Harness;
using SignalBroker.Tests.Inbox;

namespace SignalBroker.Tests.Rooms;

/// <summary>What a room's signals cost by the number of its members; run on demand (<c>make measure OF=Rooms</c>).</summary>
public sealed class FanOutMeasurement
{
    private const int Copies = 20_000;
    private const int StoredCopies = 4_000;
    private const int Single = 15;
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
                    ["Rooms:StoredBytesPerSecondOfSession"] = "67108864",
                    ["Rooms:MaxMembers"] = "2000",
                    ["Inbox:MaxEntries"] = "100000",
                    ["Inbox:MaxBytes"] = "1000000000",
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
        // It listens, or its session would end before the measurement does.
        await using var sender = await Listener.StartAsync(api);
        var listeners = new List<Listener>();
        foreach (var _ in Enumerable.Range(0, Largest))
        {
            listeners.Add(await Listener.StartAsync(api));
        }

        var table = new MeasuredTable(
            "rooms",
            "members",
            "signals/s",
            "copies/s",
            "webapp, CPU µs per signal",
            "webapp, CPU µs per copy",
            "node, CPU µs per copy",
            "PostgreSQL, CPU µs per copy",
            "until the last one has it, ms"
        );
        foreach (var store in (string?[])[null, "ifOffline", "always"])
        {
            foreach (var members in (int[])[2, 10, 100, Largest])
            {
                await MeasureAsync(table, servers, api, sender.Session, listeners[..members], store);
            }
        }

        await table.WriteAsync();

        foreach (var listener in listeners)
        {
            await listener.DisposeAsync();
        }
    }

    private static async Task MeasureAsync(
        MeasuredTable table,
        Cluster servers,
        Api api,
        ConnectedSession sender,
        IReadOnlyList<Listener> listeners,
        string? store
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
            listener.Arrived();
        }

        // One at a time, for the time until the last member has it.
        var delays = new List<double>();
        for (var number = 0; number < Single; number++)
        {
            var watch = Stopwatch.StartNew();
            await SendAsync();
            await ReceiveAsync(1);
            delays.Add(watch.Elapsed.TotalMilliseconds);
        }

        var signals = Math.Max(store is null ? 20 : 5, (store is null ? Copies : StoredCopies) / listeners.Count);
        var (webapp, node, database) = (CpuOf(servers.Webapps[0]), CpuOf(servers.Nodes[0]), CpuOf(servers.Postgres));
        var time = Stopwatch.StartNew();
        var receiving = ReceiveAsync(signals);
        await Parallel.ForAsync(
            0,
            signals,
            new ParallelOptions
            {
                // More copies at a time than the listeners of one process take would measure full queues.
                MaxDegreeOfParallelism = Math.Clamp(1_000 / listeners.Count, 1, Concurrent),
                CancellationToken = Token,
            },
            async (_, _) => await SendAsync()
        );
        await receiving;
        time.Stop();
        var copies = signals * listeners.Count;
        webapp = CpuOf(servers.Webapps[0]) - webapp;
        node = CpuOf(servers.Nodes[0]) - node;
        database = CpuOf(servers.Postgres) - database;
        delays.Sort();
        table.Add(
            $"{listeners.Count}{(store is null ? "" : $", `{store}`")}",
            $"{signals / time.Elapsed.TotalSeconds:0}",
            $"{copies / time.Elapsed.TotalSeconds:0}",
            $"{webapp / signals * 1e6:0}",
            $"{webapp / copies * 1e6:0}",
            $"{node / copies * 1e6:0}",
            $"{database / copies * 1e6:0}",
            $"{delays[delays.Count / 2]:0.0}"
        );
        // Or the inboxes would be full.
        await Task.WhenAll(
            listeners.Select(listener => api.SettleAsync(listener.Session, new { upTo = long.MaxValue }))
        );

        async Task SendAsync()
        {
            var answer = await api.ExchangeAsync(
                sender,
                new
                {
                    toRoom = room,
                    content,
                    store,
                }
            );
            answer.Body.ShouldContain(store == "always" ? "\"stored\"" : "\"queued\"");
            answer.Json.GetProperty("listening").GetInt32().ShouldBe(listeners.Count);
        }

        // What tells of members came before.
        Task ReceiveAsync(int each) =>
            Task.WhenAll(
                listeners.Select(async listener =>
                {
                    for (var left = each; left > 0; )
                    {
                        var envelope = await listener.ReceiveAsync();
                        left -= envelope.GetRawText().Contains(content, StringComparison.Ordinal) ? 1 : 0;
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
}
