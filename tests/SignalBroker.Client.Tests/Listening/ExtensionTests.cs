using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using SignalBroker.Client.Tests.Harness;

namespace SignalBroker.Client.Tests.Listening;

/// <summary>What an application may do itself: open sockets, read envelopes, decide about coming back.</summary>
[Collection<ServerTests>]
public sealed class ExtensionTests(Servers servers) : IAsyncLifetime
{
    private readonly States states = new();
    private readonly List<Stream> opened = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync() => await servers.MendAsync();

    [Fact]
    public async Task An_application_that_opens_the_sockets_can_break_them_and_the_client_comes_back()
    {
        await using var me = await SignalBrokerClient.ConnectAsync(Options() with { OpenSocket = OpenAsync }, Token);
        await states.NextAsync<ClientState.Listening>();
        await me.SendAsync(me.UserId, new string('x', 20_000), cancellationToken: Token);
        (await me.NextSignalAsync()).Content.GetString()!.Length.ShouldBe(20_000);

        await opened.Single().DisposeAsync();

        await states.NextAsync<ClientState.Listening>();
        opened.Count.ShouldBe(2);
        await me.SendAsync(me.UserId, "next", cancellationToken: Token);
        (await me.NextSignalAsync()).Content.GetString().ShouldBe("next");
    }

    [Fact]
    public async Task A_connection_that_fails_to_open_is_tried_again()
    {
        var attempts = 0;
        await using var me = await SignalBrokerClient.ConnectAsync(
            Options() with
            {
                // Where the node offers MQTT, the same attempt would go on by STOMP.
                Protocol = SocketProtocol.Stomp,
                OpenSocket = (address, token) =>
                    ++attempts == 1 ? throw new IOException("The cable is out.") : OpenAsync(address, token),
            },
            Token
        );
        var failed = await states.NextAsync<ClientState.Connecting>(state => state.RetryAt is not null);
        failed.Problem.ShouldBe(new(SignalBrokerCode.ListeningLost, "The node: The cable is out."));
        await states.NextAsync<ClientState.Listening>();
    }

    [Fact]
    public async Task An_envelope_that_the_application_handled_is_not_read()
    {
        var envelopes = new ConcurrentQueue<string>();
        await using var me = await SignalBrokerClient.ConnectAsync(
            Options() with
            {
                EnvelopeArrived = envelope =>
                {
                    var text = Encoding.UTF8.GetString(envelope.Span);
                    envelopes.Enqueue(text);
                    return text.Contains("\"raw\"", StringComparison.Ordinal);
                },
            },
            Token
        );

        await me.SendAsync(me.UserId, "raw", cancellationToken: Token);
        await me.SendAsync(me.UserId, "cooked", cancellationToken: Token);

        (await me.NextSignalAsync()).Content.GetString().ShouldBe("cooked");
        envelopes.Count.ShouldBe(2);
        envelopes.First().ShouldContain($"\"from\":\"{me.UserId}\"");
    }

    [Fact]
    public async Task A_throwing_envelope_handler_closes_the_client()
    {
        var me = await SignalBrokerClient.ConnectAsync(
            Options() with
            {
                EnvelopeArrived = _ => throw new InvalidOperationException("No room."),
            },
            Token
        );
        await using var bob = await servers.ConnectAsync();
        await bob.SendAsync(me.UserId, "too much", cancellationToken: Token);

        (await me.Closed).ShouldBe(new(SignalBrokerCode.ClientFailed, "No room."));
        (await Should.ThrowAsync<InvalidOperationException>(me.NextSignalAsync())).Message.ShouldBe("No room.");
        await me.DisposeAsync();
    }

    [Fact]
    public async Task A_client_that_does_not_reconnect_is_closed_by_its_first_loss()
    {
        await using var me = await SignalBrokerClient.ConnectAsync(Options() with { Reconnects = false }, Token);
        var reading = me.NextSignalAsync();

        await servers.NodeOf(me.Session).KillAsync();

        (await me.Closed).Code.ShouldBe(SignalBrokerCode.ListeningLost);
        me.State.ShouldBeOfType<ClientState.Closed>().Problem.ShouldBe(await me.Closed);
        (await Should.ThrowAsync<ListeningFailedException>(reading)).Code.ShouldBe(SignalBrokerCode.ListeningLost);
        (
            await Should.ThrowAsync<SignalNotSentException>(me.SendAsync("bob", 1, cancellationToken: Token))
        ).Code.ShouldBe(SignalBrokerCode.Closed);
    }

    [Fact]
    public async Task A_client_that_does_not_reconnect_fails_with_its_first_attempt()
    {
        var options = Options() with { Reconnects = false };
        await servers.Cluster.Postgres.StopAsync(Token);
        var refused = await Should.ThrowAsync<ServerUnavailableException>(
            SignalBrokerClient.ConnectAsync(options, Token)
        );
        refused.Code.ShouldBe(SignalBrokerCode.DatabaseUnavailable);
        refused.RetryAfter.ShouldNotBeNull();

        await servers.Cluster.Postgres.StartAsync(Token);
        await servers.Webapp.KillAsync();
        await Should.ThrowAsync<ServerUnreachableException>(SignalBrokerClient.ConnectAsync(options, Token));
    }

    [Fact]
    public async Task A_disposed_client_reports_that_it_is_closed()
    {
        var me = await servers.ConnectAsync();
        me.Closed.IsCompleted.ShouldBeFalse();
        await me.DisposeAsync();
        (await me.Closed).Code.ShouldBe(SignalBrokerCode.Closed);
    }

    private SignalBrokerClientOptions Options() => servers.Options() with { StateChanged = states.Add };

    private async ValueTask<Stream> OpenAsync(Uri address, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(address.Host, address.Port, cancellationToken);
        var stream = new NetworkStream(socket, ownsSocket: true);
        opened.Add(stream);
        return stream;
    }
}
