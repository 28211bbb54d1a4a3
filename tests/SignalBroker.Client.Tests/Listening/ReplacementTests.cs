using System.Net;
using System.Net.Sockets;
using SignalBroker.Client.Tests.Harness;
using SignalBroker.LocalCluster;

namespace SignalBroker.Client.Tests.Listening;

/// <summary>Servers on which a user may have one session only.</summary>
public sealed class SingleSessionWebapps(Servers servers) : IAsyncLifetime
{
    public Webapp Replacing { get; private set; } = null!;

    public Webapp Rejecting { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Replacing = await servers.Cluster.AddWebappAsync(
            new Dictionary<string, string> { ["Sessions:PerUser"] = "Replace" }
        );
        Rejecting = await servers.Cluster.AddWebappAsync(
            new Dictionary<string, string> { ["Sessions:PerUser"] = "Reject" }
        );
    }

    public async ValueTask DisposeAsync()
    {
        await servers.Cluster.RemoveWebappAsync(Replacing);
        await servers.Cluster.RemoveWebappAsync(Rejecting);
    }
}

/// <summary>Two clients of a user who may have one session only.</summary>
[Collection<ServerTests>]
public sealed class ReplacementTests(SingleSessionWebapps webapps) : IClassFixture<SingleSessionWebapps>
{
    private readonly string user = Servers.NewUser("single");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(ListensBy.WebSocket)]
    [InlineData(ListensBy.ServerSentEvents)]
    public async Task A_replaced_client_stays_closed_and_says_why(ListensBy by)
    {
        await using var old = await ConnectAsync(webapps.Replacing, new() { Url = Nowhere, Listen = by });

        await using var young = await ConnectAsync(webapps.Replacing);

        (await old.Closed.WaitAsync(Token)).Code.ShouldBe(SignalBrokerCode.SessionReplaced);
        var ended = await Should.ThrowAsync<ListeningFailedException>(old.NextSignalAsync());
        ended.Code.ShouldBe(SignalBrokerCode.SessionReplaced);
        await young.SendAsync(user, "still here", cancellationToken: Token);
        (await young.NextSignalAsync()).Content.GetString().ShouldBe("still here");
        young.State.ShouldBeOfType<ClientState.Listening>();
        var notSent = await Should.ThrowAsync<SignalNotSentException>(
            old.SendAsync(user, "too late", cancellationToken: Token)
        );
        notSent.Code.ShouldBe(SignalBrokerCode.Closed);
    }

    [Fact]
    public async Task A_client_that_was_away_while_it_was_replaced_stays_closed_when_it_comes_back()
    {
        // Stands for a network that swallows packets.
        TcpProxy? between = null;
        await using var old = await ConnectAsync(
            webapps.Replacing,
            new()
            {
                Url = Nowhere,
                HeartBeat = TimeSpan.FromSeconds(1),
                OpenSocket = async (address, cancellationToken) =>
                {
                    between ??= new TcpProxy(() => [address.Port]);
                    var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                    await socket.ConnectAsync(IPAddress.Loopback, between.Port, cancellationToken);
                    return new NetworkStream(socket, ownsSocket: true);
                },
            }
        );
        between!.Blackhole();

        await using var young = await ConnectAsync(webapps.Replacing);

        (await old.Closed.WaitAsync(Token)).Code.ShouldBe(SignalBrokerCode.SessionReplaced);
        young.State.ShouldBeOfType<ClientState.Listening>();
        var ended = await Should.ThrowAsync<ListeningFailedException>(old.NextSignalAsync());
        ended.Code.ShouldBe(SignalBrokerCode.SessionReplaced);
        await between.DisposeAsync();
    }

    [Fact]
    public async Task A_restarted_program_takes_over_from_itself()
    {
        var line = $"a-secret-of-its-own-{Guid.NewGuid():N}";
        await using var before = await ConnectAsync(webapps.Rejecting, new() { Url = Nowhere, Line = line });

        var refused = await Should.ThrowAsync<ServerRefusedException>(ConnectAsync(webapps.Rejecting));
        await using var after = await ConnectAsync(webapps.Rejecting, new() { Url = Nowhere, Line = line });

        refused.Code.ShouldBe(SignalBrokerCode.UserAlreadyConnected);
        (await before.Closed.WaitAsync(Token)).Code.ShouldBe(SignalBrokerCode.SessionReplaced);
        await after.SendAsync(user, "here", cancellationToken: Token);
        (await after.NextSignalAsync()).Content.GetString().ShouldBe("here");
    }

    [Theory]
    [InlineData(ListensBy.WebSocket)]
    [InlineData(ListensBy.ServerSentEvents)]
    public async Task A_client_comes_back_once_after_its_own_late_request_replaced_it(ListensBy by)
    {
        using var late = new LateConnect();
        var states = new States();
        await using var me = await ConnectAsync(
            webapps.Replacing,
            new()
            {
                Url = Nowhere,
                Listen = by,
                Http = new(late),
                StateChanged = states.Add,
            }
        );

        await late.ArriveAsync();

        (await states.NextAsync<ClientState.Reconnecting>()).Problem.Code.ShouldBe(SignalBrokerCode.ListeningLost);
        await states.NextAsync<ClientState.Listening>();
        await me.SendAsync(user, "here again", cancellationToken: Token);
        (await me.NextSignalAsync()).Content.GetString().ShouldBe("here again");
        await late.ArriveAsync();
        (await me.Closed.WaitAsync(Token)).Code.ShouldBe(SignalBrokerCode.SessionReplaced);
    }

    [Fact]
    public async Task A_client_with_a_late_request_does_not_take_another_clients_place()
    {
        using var late = new LateConnect();
        await using var old = await ConnectAsync(webapps.Replacing, new() { Url = Nowhere, Http = new(late) });

        await using var young = await ConnectAsync(webapps.Replacing);

        (await old.Closed.WaitAsync(Token)).Code.ShouldBe(SignalBrokerCode.SessionReplaced);
        late.Connects.ShouldBe(3);
        await young.SendAsync(user, "still here", cancellationToken: Token);
        (await young.NextSignalAsync()).Content.GetString().ShouldBe("still here");
        young.State.ShouldBeOfType<ClientState.Listening>();
    }

    [Fact]
    public async Task A_client_that_the_webapp_refused_before_stays_closed_when_replaced()
    {
        using var requests = new Requests();
        requests.Gateway.Enqueue(("/connect", HttpStatusCode.ServiceUnavailable));
        await using var old = await ConnectAsync(webapps.Replacing, new() { Url = Nowhere, Http = new(requests) });

        await using var young = await ConnectAsync(webapps.Replacing);

        (await old.Closed.WaitAsync(Token)).Code.ShouldBe(SignalBrokerCode.SessionReplaced);
        requests.Count("/connect").ShouldBe(2);
    }

    private static Uri Nowhere { get; } = new("http://127.0.0.1");

    private Task<SignalBrokerClient> ConnectAsync(Webapp webapp, SignalBrokerClientOptions? options = null) =>
        SignalBrokerClient.ConnectAsync(
            (options ?? new() { Url = Nowhere }) with
            {
                Url = new(webapp.PublicAddress),
                UserId = user,
            },
            Token
        );

    /// <summary>A network in which the first request for a session arrives only when a test says so.</summary>
    private sealed class LateConnect() : DelegatingHandler(new SocketsHttpHandler { UseProxy = false })
    {
        private Uri? address;
        private byte[]? first;
        private int connects;

        public int Connects => Volatile.Read(ref connects);

        /// <summary>Lets it arrive.</summary>
        public async Task ArriveAsync()
        {
            using var http = new HttpClient(this, disposeHandler: false);
            using var content = new ByteArrayContent(first!) { Headers = { ContentType = new("application/json") } };
            using var response = await http.PostAsync(address, content, Token);
            response.EnsureSuccessStatusCode();
        }

        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken
        )
        {
            if (request.RequestUri!.AbsolutePath == "/connect" && Interlocked.Increment(ref connects) == 1)
            {
                address = request.RequestUri;
                first = await request.Content!.ReadAsByteArrayAsync(cancellationToken);
                throw new HttpRequestException("No answer came.");
            }

            return await base.SendAsync(request, cancellationToken);
        }
    }
}
