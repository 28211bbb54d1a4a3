using System.Diagnostics;
using System.Net;
using SignalBroker.Identity;
using SignalBroker.Sessions;
using SignalBroker.Signals;
using SignalBroker.Tests.Harness;
using SignalBroker.Tests.Presence;
using SignalBroker.Tests.Rooms;

namespace SignalBroker.Tests.Threats;

/// <summary>How long an answer takes does not tell whether a hidden addressee listens.</summary>
[Collection<HiddenCollection>]
public sealed class HiddenByTimeTests(TestCluster cluster, HiddenClusters clusters)
{
    // One that listens and one that is away, for each of the senders that ask side by side.
    private const int SendersOfStored = 16;
    private const int MaxPairsOfStored = 5_000;

    private const int SendersOfBursts = 4;
    private const int Burst = 60;

    // A pair takes a second: the idle machine needs about a hundred.
    private const int MaxPairsOfBursts = 200;

    // 167 µs for each: publishing and delivering one takes about as long.
    private static readonly TimeSpan VisibleInBurst = HiddenQueue.Beat;

    // Timers go off within a millisecond; EvenAnswerTests see less than that.
    private static readonly TimeSpan VisibleAtBeats = TimeSpan.FromMilliseconds(0.5);

    private readonly string userId = $"user-{Guid.NewGuid()}";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Rules => ["SameRoom", "Nobody"];

    [Theory]
    [MemberData(nameof(Rules))]
    public async Task A_signal_to_a_user(string rule)
    {
        var api = clusters.ApiOf(rule);
        await using var alice = await Listener.StartAsync(api);
        await using var online = await Listener.StartAsync(api, $"{userId}-online");
        var offline = await api.ConnectAsync($"{userId}-offline");

        var times = await PairedTimes.CompareAsync(
            (
                Sending(api, alice.Session, new { to = online.Session.UserId, content = 1 }),
                Sending(api, alice.Session, new { to = offline.UserId, content = 1 })
            )
        );

        TellNothing(times);
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public async Task A_signal_to_a_session(string rule)
    {
        var api = clusters.ApiOf(rule);
        await using var alice = await Listener.StartAsync(api);
        await using var online = await Listener.StartAsync(api);
        var gone = $"s.{new string('A', online.Key.Length - 2)}";

        var times = await PairedTimes.CompareAsync(
            (
                Sending(api, alice.Session, new { toSession = online.Key, content = 1 }),
                Sending(api, alice.Session, new { toSession = gone, content = 1 })
            )
        );

        TellNothing(times);
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public async Task A_signal_through_the_socket(string rule)
    {
        var api = clusters.ApiOf(rule);
        await using var alice = await Listener.StartAsync(api);
        await using var online = await Listener.StartAsync(api, $"{userId}-online");

        var times = await PairedTimes.CompareAsync((SendingTo(online.Session.UserId), SendingTo($"{userId}-never")));

        TellNothing(times);

        Func<Task> SendingTo(string to) =>
            async () =>
            {
                await alice.SendAsync(
                    new
                    {
                        id = "1",
                        to,
                        content = 1,
                    }
                );
                (await alice.ReceiveAsync()).GetProperty("type").GetString().ShouldBe("outcome");
            };
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public async Task A_signal_that_is_stored(string rule)
    {
        var api = clusters.ApiOf(rule);
        await using var online = await Listener.StartAsync(api, $"{userId}-online");
        var senders = await Task.WhenAll(Enumerable.Range(0, SendersOfStored).Select(_ => Listener.StartAsync(api)));

        var times = await PairedTimes.CompareAsync(
            VisibleAtBeats,
            MaxPairsOfStored,
            [
                .. senders.Select(sender =>
                    (StoringFor(sender.Session, online.Session.UserId), StoringFor(sender.Session, $"{userId}-never"))
                ),
            ]
        );

        TellNothing(times);

        // They expire, or the inboxes would be full.
        Func<Task> StoringFor(ConnectedSession sender, string to) =>
            Sending(
                api,
                sender,
                new
                {
                    to,
                    content = 1,
                    store = "always",
                    timeToLive = 500,
                }
            );
    }

    [Theory]
    [InlineData("Everyone")]
    [InlineData("SameRoom")]
    [InlineData("Nobody")]
    public async Task A_signal_to_an_anonymous_member(string rule)
    {
        var api = rule == "Everyone" ? cluster.Api : clusters.ApiOf(rule);
        await using var alice = await Listener.StartAsync(api);
        var toRoom = (await api.CreateRoomAsync(alice.Session)).Text("room")!;
        await using var online = await Listener.StartAsync(api);
        var fox = await api.JoinRoomAsync(online.Session, toRoom, new { anonymous = true });
        var owl = await api.JoinRoomAsync(await api.ConnectAsync(), toRoom, new { anonymous = true });

        var times = await PairedTimes.CompareAsync(
            (
                Sending(
                    api,
                    alice.Session,
                    new
                    {
                        toRoom,
                        toMember = fox,
                        content = 1,
                    }
                ),
                Sending(
                    api,
                    alice.Session,
                    new
                    {
                        toRoom,
                        toMember = owl,
                        content = 1,
                    }
                )
            )
        );

        TellNothing(times);
    }

    [Fact]
    public async Task What_follows_a_burst()
    {
        var api = clusters.ApiOf("Nobody");
        await using var online = await Listener.StartAsync(api, $"{userId}-online");
        var senders = await Task.WhenAll(Enumerable.Range(0, SendersOfBursts).Select(_ => Listener.StartAsync(api)));

        var times = await PairedTimes.CompareAsync(
            VisibleInBurst,
            MaxPairsOfBursts,
            [
                .. senders.Select(sender =>
                    (BurstAsync(sender, online.Session.UserId), BurstAsync(sender, $"{userId}-never"))
                ),
            ]
        );

        TellNothing(times);

        Func<Task> BurstAsync(Listener sender, string to) =>
            async () =>
            {
                for (var number = 0; number < Burst; number++)
                {
                    await sender.SendAsync(
                        new
                        {
                            id = $"{number}",
                            to,
                            content = 1,
                        }
                    );
                }

                await sender.SendAsync(
                    new
                    {
                        id = "own",
                        toSession = sender.Key,
                        content = 1,
                    }
                );
                // All answers, and the last signal itself.
                for (var number = 0; number < Burst + 2; number++)
                {
                    await sender.ReceiveAsync();
                }
            };
    }

    [Fact]
    public async Task A_tenth_of_a_millisecond_would_be_seen()
    {
        var api = clusters.ApiOf("Nobody");
        await using var alice = await Listener.StartAsync(api);
        var sending = Sending(api, alice.Session, new { to = $"{userId}-never", content = 1 });

        var times = await PairedTimes.CompareAsync(PairedTimes.Visible, int.MaxValue, (LongerAsync, sending));

        times.Score.ShouldBeGreaterThan(PairedTimes.Limit, times.ToString());

        async Task LongerAsync()
        {
            await sending();
            var until = Stopwatch.GetTimestamp() + (long)(PairedTimes.Visible.TotalSeconds * Stopwatch.Frequency);
            while (Stopwatch.GetTimestamp() < until) { }
        }
    }

    private static void TellNothing(PairedTimes times)
    {
        TestContext.Current.TestOutputHelper?.WriteLine(times.ToString());
        Math.Abs(times.Score).ShouldBeLessThan(PairedTimes.Limit, times.ToString());
    }

    private static Func<Task> Sending(Api api, ConnectedSession sender, object signal) =>
        async () =>
        {
            Token.ThrowIfCancellationRequested();
            var answer = await api.ExchangeAsync(sender, signal);
            answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        };
}
