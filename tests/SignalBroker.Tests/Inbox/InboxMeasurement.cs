using System.Diagnostics;
using System.Net;
using SignalBroker.LocalCluster;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Inbox;

/// <summary>How fast storing and draining are, beside plain signals of the same run; run on demand (<c>make measure OF=Inbox</c>).</summary>
public sealed class InboxMeasurement
{
    private const int Senders = 64;
    private const int Drained = 1000;
    private const int Rounds = 3;

    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(3);

    private Cluster cluster = null!;

    private Api Api => new(cluster.Webapps[0].PublicAddress);

    [Theory(Explicit = true)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Storing_and_draining(bool isSynced)
    {
        await using (cluster = await StartAsync(isSynced))
        {
            var senders = await ListenAsync();
            // Nothing is stored for these, so they are never behind.
            var takers = await ListenAsync();
            var table = new MeasuredTable(
                isSynced ? "inbox-fsync" : "inbox",
                "signals of 1 KB, 64 senders",
                "per second",
                "of plain"
            );
            var rates = new Dictionary<string, List<double>>();
            for (var round = 0; round < Rounds; round++)
            {
                var offline = $"offline-{round}";
                await SendAsync("plain, addressees listen", null, number => takers[number].Session.UserId);
                await SendAsync("`ifOffline`, addressees listen", "ifOffline", number => takers[number].Session.UserId);
                await SendAsync(
                    "the same, with an `id`",
                    "ifOffline",
                    number => takers[number].Session.UserId,
                    hasId: true
                );
                await SendAsync("`ifOffline`, addressees are away", "ifOffline", number => $"if-{offline}-{number}");
                await SendAsync("`always`, addressees are away", "always", number => $"{offline}-{number}");
                await SendAsync("`always`, one addressee, away", "always", _ => offline);
                await SendAsync("`always`, addressees listen", "always", number => senders[number].Session.UserId);
                await DrainAsync(senders[0], $"drained-{round}");
            }

            foreach (var (what, measured) in rates)
            {
                var rate = Median(measured);
                table.Add(what, $"{rate:0}", $"{rate / Median(rates["plain, addressees listen"]):0.00}");
            }

            await table.WriteAsync();
            foreach (var listener in senders.Concat(takers))
            {
                await listener.DisposeAsync();
            }

            async Task SendAsync(string what, string? store, Func<int, string> to, bool hasId = false) =>
                Note(what, await MeasureAsync(senders, store, to, hasId));

            async Task DrainAsync(Listener sender, string userId)
            {
                var (first, rate, settling) = await MeasureDrainAsync(sender, userId);
                Note("received after a reconnect, 1,000 wait", rate);
                Measured(
                    $"the first of them after {first.TotalMilliseconds:0} ms, all settled in {settling.TotalMilliseconds:0} ms"
                );
            }

            void Note(string what, double rate)
            {
                if (!rates.TryGetValue(what, out var known))
                {
                    rates.Add(what, known = []);
                }

                known.Add(rate);
            }
        }
    }

    private static async Task<Cluster> StartAsync(bool isSynced)
    {
        var started = await Cluster.StartAsync(
            new ClusterOptions
            {
                Nodes = 1,
                Webapps = 1,
                SyncedDatabase = isSynced,
                WebappSettings = new Dictionary<string, string>(TestCluster.Settings)
                {
                    ["Inbox:MaxEntries"] = "100000",
                    ["Inbox:MaxBytes"] = "1000000000",
                    ["RateLimits:SignalBytesPerSecondOfSession"] = "100000000",
                    ["Signals:AddresseeBytesPerSecond"] = "100000000",
                    ["Signals:AddresseeBurstBytes"] = "100000000",
                },
            },
            TestContext.Current.CancellationToken
        );
        await started.AllNodesReadyAsync();
        return started;
    }

    private Task<Listener[]> ListenAsync() =>
        Task.WhenAll(Enumerable.Range(0, Senders).Select(_ => Listener.StartAsync(Api)));

    private async Task<double> MeasureAsync(Listener[] senders, string? store, Func<int, string> to, bool hasId)
    {
        var watch = Stopwatch.StartNew();
        var sent = await Task.WhenAll(senders.Select(SendAsync));
        return sent.Sum() / watch.Elapsed.TotalSeconds;

        async Task<int> SendAsync(Listener sender, int number)
        {
            var count = 0;
            for (; watch.Elapsed < Duration; count++)
            {
                var answer = await Api.ExchangeAsync(
                    sender.Session,
                    new Dictionary<string, object?>
                    {
                        ["to"] = to(number),
                        ["store"] = store,
                        ["id"] = hasId ? Guid.NewGuid() : null,
                        ["content"] = new string('x', 1000),
                    }
                );
                answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
            }

            return count;
        }
    }

    private async Task<(TimeSpan First, double Rate, TimeSpan Settling)> MeasureDrainAsync(
        Listener sender,
        string userId
    )
    {
        await Parallel.ForAsync(
            0,
            Drained,
            new ParallelOptions { MaxDegreeOfParallelism = 16 },
            async (_, _) => await Api.StoreAsync(sender.Session, userId, new string('x', 1000))
        );
        var session = await Api.ConnectAsync(userId);
        var watch = Stopwatch.StartNew();
        await using var listener = await Listener.StartAsync(session);
        await listener.ReceiveAsync();
        var first = watch.Elapsed;
        for (var number = 1; number < Drained; number++)
        {
            await listener.ReceiveAsync();
        }

        var all = watch.Elapsed;
        (await Api.SettleAsync(session, new { upTo = Drained })).Status.ShouldBe(HttpStatusCode.OK);
        return (first, (Drained - 1) / (all - first).TotalSeconds, watch.Elapsed - all);
    }

    private static double Median(List<double> measured) => measured.Order().ElementAt(measured.Count / 2);

    private static void Measured(string line) => TestContext.Current.TestOutputHelper?.WriteLine(line);
}
