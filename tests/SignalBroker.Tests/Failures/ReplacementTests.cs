using System.Collections.Concurrent;
using System.Net;
using SignalBroker.Client;
using SignalBroker.LocalCluster;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Failures;

/// <summary>All webapps are replaced one by one behind a HAProxy, and nobody notices.</summary>
[Collection(nameof(FailureCollection))]
public sealed class ReplacementTests
{
    private const int Listeners = 10;
    private const int SignalsPerSecond = 200;

    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(4);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_socket_is_closed_no_request_fails_and_no_signal_is_lost()
    {
        await using var servers = await Cluster.StartAsync(
            new ClusterOptions
            {
                Webapps = 2,
                Haproxy = true,
                WebappSettings = new Dictionary<string, string>(TestCluster.Settings)
                {
                    ["Shutdown:Grace"] = Grace.ToString("c"),
                },
            },
            Token
        );
        await servers.AllNodesReadyAsync();
        var api = new Api(servers.Haproxy!.Address);
        var listeners = await Task.WhenAll(Enumerable.Range(0, Listeners).Select(_ => Listener.StartAsync(api)));
        await using var stream = await Streaming.StartAsync(api.Address);
        await using var sender = await Listener.StartAsync(api);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(Token);
        string[] to = [.. listeners.Select(listener => listener.Session.UserId), stream.Client.UserId];
        var sending = Task.WhenAll(to.Select(user => SendAsync(api, sender.Session, user, ending.Token)));

        foreach (var webapp in servers.Webapps)
        {
            await webapp.RestartAsync(Token);
            await Eventually.HoldsAsync(async () =>
                (await new Api(webapp.PublicAddress).GetAsync("/health/ready")).Status.ShouldBe(HttpStatusCode.OK)
            );
            await servers.Haproxy.UsesAsync(webapp, Token);
        }

        await ending.CancelAsync();
        var sent = await sending;
        foreach (var (listener, count) in listeners.Zip(sent))
        {
            for (var number = 0; number < count; number++)
            {
                (await listener.ReceiveAsync()).GetProperty("content").GetInt32().ShouldBe(number);
            }

            listener.Closed.IsCompleted.ShouldBeFalse();
            await listener.DisposeAsync();
        }

        await Eventually.HoldsAsync(() => stream.Received.Count.ShouldBe(sent[^1]));
        stream.Received.ShouldBe(Enumerable.Range(0, sent[^1]));
        stream.States.ShouldAllBe(state => state is ClientState.Listening);
    }

    /// <summary>As a proxy does that asks no health check.</summary>
    [Fact]
    public async Task The_first_request_to_a_webapp_that_starts_is_served()
    {
        await using var servers = await Cluster.StartAsync(
            new ClusterOptions { WebappSettings = TestCluster.Settings },
            Token
        );
        await servers.AllNodesReadyAsync();
        var webapp = servers.Webapps.Single();
        var api = new Api(webapp.PublicAddress);
        await using var listener = await Listener.StartAsync(api);

        await webapp.StopAsync(Token);
        var starting = webapp.StartAsync(Token);
        var answer = await FirstAnswerAsync(() =>
            api.ExchangeAsync(listener.Session, new { toSession = listener.Key, content = 1 })
        );

        answer.OutcomeOrCode.ShouldBe("queued");
        await listener.ReceiveAsync();
        await starting;
    }

    // The answer to the first request that finds the port open.
    private static async Task<Answer> FirstAnswerAsync(Func<Task<Answer>> askAsync)
    {
        using var beat = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (await beat.WaitForNextTickAsync(Token))
        {
            try
            {
                return await askAsync();
            }
            catch (HttpRequestException) { }
        }

        throw new OperationCanceledException(Token);
    }

    // Numbers from zero on; each must be queued. How many there were.
    private static async Task<int> SendAsync(Api api, ConnectedSession sender, string to, CancellationToken ending)
    {
        using var beat = new PeriodicTimer(TimeSpan.FromSeconds((Listeners + 1.0) / SignalsPerSecond));
        var count = 0;
        while (!ending.IsCancellationRequested)
        {
            var answer = await api.ExchangeAsync(sender, new { to, content = count });
            answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
            answer.OutcomeOrCode.ShouldBe("queued");
            count++;
            await beat.WaitForNextTickAsync(Token);
        }

        return count;
    }

    /// <summary>A client that listens to server-sent events.</summary>
    private sealed class Streaming : IAsyncDisposable
    {
        private readonly Task reading;

        private Streaming(SignalBrokerClient client, ConcurrentQueue<ClientState> states)
        {
            (Client, States) = (client, states);
            reading = ReadAsync();
        }

        public SignalBrokerClient Client { get; }

        public ConcurrentQueue<int> Received { get; } = new();

        public ConcurrentQueue<ClientState> States { get; }

        public static async Task<Streaming> StartAsync(Uri address)
        {
            var states = new ConcurrentQueue<ClientState>();
            var client = await SignalBrokerClient.ConnectAsync(
                new()
                {
                    Url = address,
                    Listen = ListensBy.ServerSentEvents,
                    StateChanged = states.Enqueue,
                },
                Token
            );
            states.Clear();
            return new(client, states);
        }

        public async ValueTask DisposeAsync()
        {
            await Client.DisposeAsync();
            await reading;
        }

        private async Task ReadAsync()
        {
            await foreach (var signal in Client.ReadSignalsAsync())
            {
                Received.Enqueue(signal.Content.GetInt32());
            }
        }
    }
}
