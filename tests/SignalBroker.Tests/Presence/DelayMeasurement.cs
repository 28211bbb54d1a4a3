using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using SignalBroker.LocalCluster;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Presence;

/// <summary>How soon a subscriber hears of a change; run on demand (<c>-explicit only</c>).</summary>
public sealed class DelayMeasurement
{
    private const int Changes = 100;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Explicit = true)]
    public async Task Delay_of_100_changes()
    {
        await using var servers = await Cluster.StartAsync(
            new ClusterOptions
            {
                Nodes = 2,
                Webapps = 2,
                WebappSettings = TestCluster.Settings,
            },
            Token
        );
        await servers.AllNodesReadyAsync();
        var api = new Api(servers.Webapps[0].PublicAddress);
        var other = new Api(servers.Webapps[1].PublicAddress);
        await using var viewer = await Listener.StartAsync(api);
        string[] users = [.. Enumerable.Range(0, Changes).Select(number => $"user-{number}")];
        await api.SubscribeAsync(viewer.Session, users);

        var changed = new ConcurrentDictionary<string, long>();
        var hearing = HearAsync();
        var listeners = new List<Listener>();
        foreach (var user in users)
        {
            // The queue is there when its receipt comes, and the broker's event is under way.
            listeners.Add(await Listener.StartAsync(other, user));
            changed[user] = Stopwatch.GetTimestamp();
        }

        Say("comes", await hearing);
        hearing = HearAsync();
        foreach (var listener in listeners)
        {
            changed[listener.Session.UserId] = Stopwatch.GetTimestamp();
            await listener.DisposeAsync();
            await Task.Delay(Pause, TimeProvider.System, Token);
        }

        Say("goes", await hearing);

        async Task<List<double>> HearAsync()
        {
            var heard = new List<(string User, long At)>();
            while (heard.Count < Changes)
            {
                var report = await viewer.ReceivePresenceAsync();
                heard.Add((report.User!, Stopwatch.GetTimestamp()));
            }

            return
            [
                .. heard
                    .Select(one => Stopwatch.GetElapsedTime(changed.GetValueOrDefault(one.User, one.At), one.At))
                    .Select(delay => delay.TotalMilliseconds)
                    .Order(),
            ];
        }
    }

    private static void Say(string what, List<double> delays) =>
        TestContext.Current.TestOutputHelper?.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"a user {what}: median {delays[delays.Count / 2]:0} ms, p95 {delays[delays.Count * 95 / 100]:0} ms, longest {delays[^1]:0} ms"
            )
        );
}
