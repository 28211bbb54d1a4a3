using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using RabbitMQ.Client;
using SignalBroker.Client;
using SignalBroker.LocalCluster;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Threats;

/// <summary>
/// What one socket can cost a node at most, for docs/security.md: <c>make measure OF=Threats</c>, with RABBITMQ_FOLDER for
/// another RabbitMQ than the installed one.
/// </summary>
public sealed class SocketCostMeasurement
{
    private const long Limit = 512 * 1024 * 1024;
    private const int Large = 100_000;
    private const int Many = 9_000;

    private static readonly TimeSpan Sampling = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private Cluster cluster = null!;

    private Node Node => cluster.Nodes[0];

    private Api Api => new(cluster.Webapps[0].PublicAddress);

    /// <param name="others">Listeners that the guard looks at as well.</param>
    [Theory(Explicit = true)]
    [InlineData(0)]
    [InlineData(5_000)]
    [InlineData(15_000)]
    public async Task What_one_socket_costs(int others)
    {
        await using (
            cluster = await Cluster.StartAsync(
                new ClusterOptions
                {
                    Nodes = 1,
                    Webapps = 1,
                    WithoutBalancer = true,
                    NodeCapacity = 20_000,
                    WebappSettings = new Dictionary<string, string>
                    {
                        ["RateLimits:RequestsPerSecondOfAddress"] = "1000000",
                        ["Sessions:MaxPerAddress"] = "0",
                        ["Users:NewPerDayOfAddress"] = "1000000000000",
                    },
                },
                TestContext.Current.CancellationToken
            )
        )
        {
            await cluster.AllNodesReadyAsync();
            await using var listening = new Listening();
            await listening.ConnectAsync(new Uri(cluster.Webapps[0].PublicAddress), others);
            var version = (await Node.RunCtlAsync("version")).Trim();
            var table = new MeasuredTable(
                $"socket-cost-{version}-{others}",
                $"RabbitMQ {version}, {others} listeners beside it",
                "MiB at most",
                "closed after s"
            );
            await AddAsync("a stranger's endless header", () => StrangerAsync("CONNECT\naccept-version:"));
            await AddAsync("a stranger's endless body", () => StrangerAsync("SEND\ncontent-length:9999999999\n\n"));
            await AddAsync("a stranger who says nothing", () => StrangerAsync(begin: null));
            await AddAsync("a session's transaction of large signals", () => TransactionAsync(Large));
            await AddAsync("a session's transaction of tiny signals", () => TransactionAsync(1));
            await AddAsync("a session that settles nothing", UnsettledAsync);
            var (quiet, behind) = await CommitAsync();
            table.Add($"another's slowest answer, ms", $"{quiet.TotalMilliseconds:0}", $"");
            table.Add($"the same while {Many} signals are committed, ms", $"{behind.TotalMilliseconds:0}", $"");
            await table.WriteAsync();

            async Task AddAsync(string what, Func<Task<TimeSpan>> attack)
            {
                await Node.RunCtlAsync("force_gc");
                var before = ResidentMemory.Of(Node);
                using var stop = new CancellationTokenSource();
                var watching = WatchAsync(stop.Token);
                var took = await attack();
                await stop.CancelAsync();
                table.Add(what, $"{await watching - before}", $"{took.TotalSeconds:0.0}");
            }
        }
    }

    private async Task<int> WatchAsync(CancellationToken stopped)
    {
        var most = 0;
        while (!stopped.IsCancellationRequested)
        {
            most = Math.Max(most, ResidentMemory.Of(Node));
            await Task.Delay(Sampling, TimeProvider.System, stopped)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return most;
    }

    private async Task<TimeSpan> StrangerAsync(string? begin)
    {
        await using var socket = await StompSocket.OpenAsync(Node.ListeningAddress);
        var watch = Stopwatch.StartNew();
        if (begin is not null)
        {
            await socket.SendTextAsync(begin);
            await socket.FloodAsync(new string('x', Large), Limit);
        }

        return await ClosedAsync(socket, watch);
    }

    private async Task<TimeSpan> TransactionAsync(int size)
    {
        await using var listener = await Listener.StartStompAsync(Api);
        var watch = Stopwatch.StartNew();
        await listener.Socket.SendAsync("BEGIN", [("transaction", "t")]);
        await listener.Socket.FloodAsync(Send(listener.Key, new string('x', size)), Limit);
        return await ClosedAsync(listener.Socket, watch);
    }

    private async Task<TimeSpan> UnsettledAsync()
    {
        var session = await Api.ConnectAsync();
        await using var socket = await StompSocket.OpenAsync(session.ListeningAddress);
        (await socket.TryConnectAsync(session.ListeningKey, session.Passcode)).ShouldBeTrue();
        await socket.ListenAsync(session.ListeningKey, ack: "client");
        await socket.ExpectAsync("RECEIPT");
        var webapp = new Uri(Node.AmqpAddress).UserInfo.Split(':');
        await using var connection = await Management.OpenAmqpAsync(Node, webapp[0], webapp[1]);
        await using var channel = await connection.CreateChannelAsync(
            cancellationToken: TestContext.Current.CancellationToken
        );
        var watch = Stopwatch.StartNew();
        for (var sent = 0L; sent < Limit && !socket.Closed.IsCompleted; sent += Large)
        {
            await channel.BasicPublishAsync("", session.ListeningKey, new byte[Large], CancellationToken.None);
        }

        return await ClosedAsync(socket, watch);
    }

    // How long another session waits for answers to what it sends through its socket, without and beside a large commit.
    private async Task<(TimeSpan Quiet, TimeSpan Behind)> CommitAsync()
    {
        await using var other = await Listener.StartStompAsync(Api);
        await using var sender = await Listener.StartStompAsync(Api);
        var quiet = await SlowestAsync(other, 50);
        var commit = string.Concat(Enumerable.Repeat(Send(sender.Key, """{"to":"nobody"}"""), 50));
        await sender.Socket.SendAsync("BEGIN", [("transaction", "t")]);
        await sender.Socket.FloodAsync(commit, (long)commit.Length * Many / 50);
        try
        {
            await sender.Socket.SendAsync("COMMIT", [("transaction", "t")]);
        }
        catch (System.Net.WebSockets.WebSocketException)
        {
            // The guard was faster.
        }

        return (quiet, await SlowestAsync(other, 50));
    }

    private static async Task<TimeSpan> SlowestAsync(Listener listener, int times)
    {
        var slowest = TimeSpan.Zero;
        for (var number = 0; number < times; number++)
        {
            var watch = Stopwatch.StartNew();
            await listener.SendAsync(
                new
                {
                    id = number.ToString(CultureInfo.InvariantCulture),
                    to = "nobody",
                    content = 1,
                }
            );
            await listener.ReceiveAsync();
            slowest = watch.Elapsed > slowest ? watch.Elapsed : slowest;
        }

        return slowest;
    }

    private static string Send(string key, string body) =>
        StompFrame.Write("SEND", [("destination", $"/exchange/signals/{key}"), ("transaction", "t")], body);

    private static async Task<TimeSpan> ClosedAsync(StompSocket socket, Stopwatch watch)
    {
        await socket.Closed.WaitAsync(Patience, TestContext.Current.CancellationToken);
        return watch.Elapsed;
    }

    private sealed class Listening : IAsyncDisposable
    {
        private static readonly ParallelOptions AtOnce = new() { MaxDegreeOfParallelism = 16 };

        private readonly ConcurrentBag<SignalBrokerClient> clients = [];

        public Task ConnectAsync(Uri url, int count) =>
            Parallel.ForEachAsync(
                Enumerable.Range(0, count),
                AtOnce,
                async (_, cancellationToken) =>
                    clients.Add(await SignalBrokerClient.ConnectAsync(new() { Url = url }, cancellationToken))
            );

        public async ValueTask DisposeAsync() =>
            await Parallel.ForEachAsync(clients, AtOnce, (client, _) => client.DisposeAsync());
    }
}
