using System.Globalization;
using System.Net.Sockets;
using Npgsql;
using SignalBroker.Bench.Wire;
using SignalBroker.LocalCluster;
using SignalBroker.Storm.Clients;

namespace SignalBroker.Bench.Systems;

/// <summary>SignalBroker itself: sessions by <c>/connect</c>, signals by <c>/exchange</c>, both over HTTP.</summary>
public sealed class SignalBrokerSystem : ISystem
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    private readonly Cluster cluster;
    private readonly HttpPool http;
    private readonly NpgsqlDataSource database;
    private readonly SourceAddresses sources = new(part: 1);

    private SignalBrokerSystem(Cluster cluster)
    {
        this.cluster = cluster;
        http = new HttpPool([.. cluster.Webapps.Select(webapp => new Uri(webapp.PublicAddress))], sources);
        database = NpgsqlDataSource.Create(cluster.Postgres.ConnectionString);
        Parts =
        [
            .. cluster.Nodes.Select(node => new SystemPart("broker", node, HoldsListeners: true)),
            .. cluster.Webapps.Select(webapp => new SystemPart("webapp", webapp)),
            new("postgres", cluster.Postgres),
        ];
    }

    public string Name => "SignalBroker";

    public IReadOnlyList<SystemPart> Parts { get; }

    public int Senders => 256;

    public bool Answers => true;

    public Arrivals Arrivals { get; } = new();

    public IReadOnlyList<Node> Nodes => cluster.Nodes;

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
    public static async Task<SignalBrokerSystem> StartAsync(int nodes, int webapps, CancellationToken cancellationToken)
    {
        var options = new ClusterOptions
        {
            Nodes = nodes,
            Webapps = webapps,
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
        return new(await Cluster.StartAsync(options, cancellationToken));
    }

    public async Task<IClient> ListenAsync(int number, CancellationToken cancellationToken)
    {
        var userId = $"user-{number:D7}";
        Session session;
        try
        {
            session = await Session.OpenAsync(http, userId);
        }
        catch (Exception failure)
            when (failure is IOException or SocketException or TimeoutException or NamedFailureException)
        {
            throw new ClientFailedException($"{userId} got no session: {failure.Message}", failure);
        }

        var client = new Client(Arrivals, session, http.Servers, sources, number);
        await client.ListenAsync(new Uri(session.ListeningAddress), cancellationToken);
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
        await http.DisposeAsync();
        await database.DisposeAsync();
        await cluster.DisposeAsync();
    }

    private sealed class Client(
        Arrivals arrivals,
        Session session,
        IReadOnlyList<Uri> webapps,
        SourceAddresses sources,
        int number
    ) : StompClient(arrivals, session.ListeningKey, session.Passcode)
    {
        private int webapp = number % webapps.Count;
        private HttpConnection? http;
        private ExchangeRequest? request;

        public override string Address => session.UserId;

        public override async ValueTask<bool> SendAsync(IClient to, Signal signal)
        {
            http ??= new(webapps[webapp], sources);
            if (request is null || !request.Fits(to.Address, signal.Content))
            {
                request = new(webapps[webapp], session.Authorization, to.Address, signal.Content);
            }

            try
            {
                var answer = SendOutcome.Read(await http.PostAsync(request.Render(to.Address, signal.Content.Span)));
                return answer.Queued > 0;
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
                await http.DisposeAsync();
                (http, webapp) = (null, (webapp + 1) % webapps.Count);
                return false;
            }
        }

        public override void Dispose()
        {
            base.Dispose();
            _ = http?.DisposeAsync().AsTask();
        }
    }
}
