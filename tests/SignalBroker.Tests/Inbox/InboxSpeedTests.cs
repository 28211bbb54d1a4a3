using System.Diagnostics;
using System.Net;
using SignalBroker.LocalCluster;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Inbox;

/// <summary>Says how fast storing and draining are: run by hand, on a machine that does nothing else.</summary>
public sealed class InboxSpeedTests : IAsyncLifetime
{
    private const int Senders = 64;
    private const int Drained = 1000;

    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(5);

    private Cluster cluster = null!;

    private Api Api => new(cluster.Webapps[0].PublicAddress);

    public async ValueTask InitializeAsync() =>
        cluster = await Cluster.StartAsync(
            new ClusterOptions
            {
                Nodes = 1,
                Webapps = 1,
                WebappSettings = new Dictionary<string, string>(TestCluster.Settings)
                {
                    ["Inbox:MaxEntries"] = "100000",
                    ["Inbox:MaxBytes"] = "1000000000",
                    ["RateLimits:SignalBytesPerSecondOfSession"] = "100000000",
                    ["Signals:AddresseeBytesPerSecond"] = "100000000",
                    ["Signals:AddresseeBurstBytes"] = "100000000",
                },
            }
        );

    public ValueTask DisposeAsync() => cluster.DisposeAsync();

    [Fact(Explicit = true)]
    public async Task How_fast_are_storing_and_draining()
    {
        await Eventually.HoldsAsync(async () =>
            (await Api.PostAsync("/connect", new { })).Status.ShouldBe(HttpStatusCode.OK)
        );
        var senders = await Task.WhenAll(Enumerable.Range(0, Senders).Select(_ => Listener.StartAsync(Api)));
        for (var round = 0; round < 3; round++)
        {
            await SendAsync(senders, "plain, listening", store: null, number => senders[number].Session.UserId);
            await SendAsync(senders, "ifOffline, listening", "ifOffline", number => senders[number].Session.UserId);
            await SendAsync(senders, "always, offline", "always", number => $"offline-{round}-{number}");
            await SendAsync(senders, "always, one user offline", "always", _ => $"one-{round}");
            await SendAsync(senders, "always, listening", "always", number => senders[number].Session.UserId);
            await DrainAsync(senders[0], $"drained-{round}");
        }

        foreach (var sender in senders)
        {
            await sender.DisposeAsync();
        }
    }

    private async Task SendAsync(Listener[] senders, string what, string? store, Func<int, string> to)
    {
        var watch = Stopwatch.StartNew();
        var sent = await Task.WhenAll(
            senders.Select(
                async (sender, number) =>
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
                                ["content"] = new string('x', 1000),
                            }
                        );
                        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
                    }

                    return count;
                }
            )
        );
        Say($"{what}: {sent.Sum() / watch.Elapsed.TotalSeconds:0} signals per second, {Senders} senders");
    }

    private async Task DrainAsync(Listener sender, string userId)
    {
        for (var number = 0; number < Drained; number++)
        {
            await Api.StoreAsync(sender.Session, userId, new string('x', 1000));
        }

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
        Say(
            $"draining: the first after {first.TotalMilliseconds:0} ms, then {(Drained - 1) / (all - first).TotalSeconds:0} per second"
        );
        (await Api.SettleAsync(session, new { upTo = Drained })).Status.ShouldBe(HttpStatusCode.OK);
        Say($"settling {Drained}: {(watch.Elapsed - all).TotalMilliseconds:0} ms");
    }

    private static void Say(string line) => TestContext.Current.TestOutputHelper?.WriteLine(line);
}
