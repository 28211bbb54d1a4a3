using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Npgsql;
using SignalBroker.Bench.Wire;
using SignalBroker.Client.Http;
using SignalBroker.LocalCluster;
using SignalBroker.Storm.Clients;

namespace SignalBroker.Bench.Systems;

/// <summary>SignalBroker itself: sessions by <c>/connect</c>, signals by <c>/exchange</c>, both over HTTP.</summary>
public sealed class SignalBrokerSystem : ISystem
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    private readonly Broker broker;
    private readonly Cluster cluster;
    private readonly Uri[] webapps;
    private readonly ConcurrentBag<HttpConnection>[] idle;
    private readonly NpgsqlDataSource database;
    private readonly SourceAddresses sources = new(part: 1);
    private int turn;

    private SignalBrokerSystem(Broker broker, Cluster cluster)
    {
        (this.broker, this.cluster) = (broker, cluster);
        webapps = [.. cluster.Webapps.Select(webapp => new Uri(webapp.PublicAddress))];
        idle = [.. webapps.Select(_ => new ConcurrentBag<HttpConnection>())];
        database = NpgsqlDataSource.Create(cluster.Postgres.ConnectionString);
        Parts =
        [
            .. cluster.Nodes.Select(node => new SystemPart("broker", node, HoldsListeners: true)),
            .. cluster.Webapps.Select(webapp => new SystemPart("webapp", webapp)),
            new("postgres", cluster.Postgres),
        ];
    }

    public string Name => NameOn(broker);

    public IReadOnlyList<SystemPart> Parts { get; }

    public int Senders => 256;

    public bool Answers => true;

    public bool TakesSeveral => true;

    public IReadOnlyList<CallTurn> CallTurns => RecordedCalls.OfSignalBroker;

    public Arrivals Arrivals { get; } = new();

    public IReadOnlyList<Node> Nodes => cluster.Nodes;

    /// <summary>What the report calls it on a broker.</summary>
    public static string NameOn(Broker broker) => "SignalBroker" + broker.Label;

    /// <summary>How many bytes the first webapp has allocated so far, as it tells itself.</summary>
    public async Task<long> AllocatedBytesAsync()
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(StartupHook.SocketOf(cluster.Webapps[0].ProcessId));
        await using var stream = new NetworkStream(socket);
        using var reader = new StreamReader(stream);
        return long.Parse(await reader.ReadToEndAsync(), CultureInfo.InvariantCulture);
    }

    /// <summary>Starts PostgreSQL, nodes and webapps, with limits so high that one machine may send everything.</summary>
    public static async Task<SignalBrokerSystem> StartAsync(
        int nodes,
        int webapps,
        CancellationToken cancellationToken,
        Broker? broker = null
    )
    {
        broker ??= Broker.Installed;
        var options = new ClusterOptions
        {
            Nodes = nodes,
            Webapps = webapps,
            RabbitMq = broker.Folder,
            NodeCapacity = 20_000,
            // Where there are several, any of them may be killed.
            WithoutBalancer = webapps == 1,
            WebappSettings = new Dictionary<string, string>(NoLimits.PerAddressee)
            {
                ["Logging:LogLevel:Default"] = "Warning",
                // No setting, but .NET's own variable.
                ["DOTNET_STARTUP_HOOKS"] = typeof(StartupHook).Assembly.Location,
            },
        };
        return new(broker, await Cluster.StartAsync(options, cancellationToken));
    }

    public async Task<IClient> ListenAsync(int number, CancellationToken cancellationToken)
    {
        var session = await ConnectAsync($"user-{number:D7}");
        var client = new Client(Arrivals, broker.Protocol, session, webapps, sources, number);
        var node = cluster.Nodes.Single(node => node.ListeningAddress == session.ListeningAddress);
        await client.ListenAsync(broker.AddressOf(node), cancellationToken);
        return client;
    }

    /// <summary>Returns when every session is acked.</summary>
    public async Task SettleAsync(CancellationToken cancellationToken)
    {
        while (await AskAsync<long>("SELECT count(*) FROM sessions WHERE acked_at IS NULL", cancellationToken) > 0)
        {
            await Task.Delay(Look, TimeProvider.System, cancellationToken);
        }
    }

    /// <summary>Asks its database for one value.</summary>
    public async Task<T> AskAsync<T>(string sql, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(sql);
        command.CommandTimeout = 0;
        return (T)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Has its database carry out a statement.</summary>
    public async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(sql);
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var connection in idle.SelectMany(connections => connections))
        {
            connection.Dispose();
        }

        await database.DisposeAsync();
        await cluster.DisposeAsync();
    }

    // The webapps take turns, each over the connections that are kept to it.
    private async Task<ConnectAnswer> ConnectAsync(string userId)
    {
        var webapp = (int)((uint)Interlocked.Increment(ref turn) % (uint)webapps.Length);
        var connection = idle[webapp].TryTake(out var kept) ? kept : new HttpConnection(webapps[webapp], sources);
        try
        {
            var body = $$"""{"userId":"{{userId}}"}""";
            var answer = await connection.PostAsync("/connect", null, "application/json", body);
            return answer.Status == 200
                ? JsonSerializer.Deserialize(answer.Body.Span, ApiJson.Default.ConnectAnswer)!
                : throw new ClientFailedException($"{userId} got no session, but status {answer.Status}.");
        }
        catch (Exception failure) when (failure is IOException or SocketException or TimeoutException)
        {
            throw new ClientFailedException($"{userId} got no session: {failure.Message}", failure);
        }
        finally
        {
            idle[webapp].Add(connection);
        }
    }

    private sealed class Client(
        Arrivals arrivals,
        NodeProtocol protocol,
        ConnectAnswer session,
        Uri[] webapps,
        SourceAddresses sources,
        int number
    ) : NodeClient(arrivals, protocol, session.ListeningKey!, session.Passcode!)
    {
        private readonly string authorization =
            "Basic " + Convert.ToBase64String(Encoding.ASCII.GetBytes($"{session.ListeningKey}:{session.Passcode}"));
        private int webapp = number % webapps.Length;
        private HttpConnection? http;
        private ExchangeRequest? request;

        public override string Address => session.UserId!;

        public override ValueTask<bool> SendAsync(IClient to, Signal signal)
        {
            var content = signal.Content;
            if (request is null || !request.Fits(to.Address, content.Span))
            {
                request = new(webapps[webapp], authorization, to.Address, content.Span);
            }

            content.Span.CopyTo(request.Content);
            return PostAsync(request.To(to.Address), signals: 1);
        }

        public override ValueTask<bool> SendAllAsync(IClient to, IReadOnlyList<Signal> signals)
        {
            if (signals is [var one])
            {
                return SendAsync(to, one);
            }

            var body = Begin();
            foreach (var signal in signals)
            {
                body.Add(signal == signals[0] ? "[{\"to\":\""u8 : ",{\"to\":\""u8)
                    .Add(to.Address)
                    .Add("\",\"content\":"u8)
                    .Add(signal.Content.Span)
                    .Add("}"u8);
            }

            var array = body.Add("]"u8).Message.Span;
            return PostAsync(
                HttpRequests.RenderPost(webapps[webapp], "/exchange", authorization, "application/json", array),
                signals.Count
            );
        }

        public override void Dispose()
        {
            base.Dispose();
            http?.Dispose();
        }

        private async ValueTask<bool> PostAsync(ReadOnlyMemory<byte> call, int signals)
        {
            http ??= new(webapps[webapp], sources);
            try
            {
                return SendOutcome.Read(await http.PostAsync(call)).Queued >= signals;
            }
            catch (Exception failure)
                when (failure
                        is IOException
                            or SocketException
                            or TimeoutException
                            or OperationCanceledException
                            or ObjectDisposedException
                )
            {
                // A balancer would give the next request to another webapp too.
                http.Dispose();
                (http, webapp) = (null, (webapp + 1) % webapps.Length);
                return false;
            }
        }
    }
}
