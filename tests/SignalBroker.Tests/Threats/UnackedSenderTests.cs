using System.Net;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;
using SignalBroker.Tests.Harness;
using SignalBroker.Tests.Signals;

namespace SignalBroker.Tests.Threats;

/// <summary>Only a session whose queue is as agreed may write to the exchange of signals; who tries otherwise loses its session.</summary>
public sealed class UnackedSenderTests(StrictServers strict) : IClassFixture<StrictServers>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("x-message-ttl", "0")]
    [InlineData("x-max-length", "1")]
    [InlineData("x-dead-letter-routing-key", "{victim}")]
    public async Task A_SUBSCRIBE_can_have_no_dead_letters_passed_on_to_the_signals(string header, string value)
    {
        await using var victim = await Listener.StartStompAsync(strict.Api);
        var session = await strict.Api.ConnectAsync();
        await using var forger = await StompSocket.OpenAsync(session.ListeningAddress);
        (await forger.TryConnectAsync(session.ListeningKey, session.Passcode)).ShouldBeTrue();

        await forger.SubscribeAsync(
            $"/queue/{session.ListeningKey}",
            ("exclusive", "true"),
            ("auto-delete", "true"),
            ("durable", "false"),
            ("x-dead-letter-exchange", "signals"),
            (header, value.Replace("{victim}", victim.Key, StringComparison.Ordinal))
        );

        await forger.ExpectRefusalAsync();
        await ExpectEndedAsync(session);
        (await Management.FindQueueAsync(strict.Servers.Nodes[0], session.ListeningKey)).ShouldBeNull();
    }

    [Fact]
    public async Task A_queue_declared_by_AMQP_can_not_either()
    {
        var session = await strict.Api.ConnectAsync();
        await using var connection = await Management.OpenAmqpAsync(
            strict.Servers.Nodes[0],
            session.ListeningKey,
            session.Passcode
        );
        await using var channel = await connection.CreateChannelAsync(cancellationToken: Token);

        var refused = await Should.ThrowAsync<OperationInterruptedException>(() =>
            channel.QueueDeclareAsync(
                session.ListeningKey,
                durable: false,
                exclusive: true,
                autoDelete: true,
                new Dictionary<string, object?> { ["x-dead-letter-exchange"] = "signals" },
                cancellationToken: Token
            )
        );

        refused.ShutdownReason!.ReplyCode.ShouldBe((ushort)403);
        await ExpectEndedAsync(session);
    }

    [Fact]
    public async Task A_SEND_of_a_session_that_does_not_listen_is_refused()
    {
        await using var friend = await Listener.StartStompAsync(strict.Api);
        var session = await strict.Api.ConnectAsync();
        await using var socket = await StompSocket.OpenAsync(session.ListeningAddress);
        (await socket.TryConnectAsync(session.ListeningKey, session.Passcode)).ShouldBeTrue();

        await using var listener = new Listener(session, socket);
        await listener.SendAsync(
            new
            {
                toSession = friend.Key,
                id = "1",
                content = 1,
            }
        );

        await socket.Closed.WaitAsync(Patience, Token);
        await ExpectEndedAsync(session);
        friend.Arrived().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_SEND_right_behind_the_SUBSCRIBE_is_relayed()
    {
        await using var friend = await Listener.StartStompAsync(strict.Api);
        var session = await strict.Api.ConnectAsync();
        await using var socket = await StompSocket.OpenAsync(session.ListeningAddress);
        (await socket.TryConnectAsync(session.ListeningKey, session.Passcode)).ShouldBeTrue();
        await using var listener = new Listener(session, socket);

        await socket.ListenAsync(session.ListeningKey);
        await listener.SendAsync(
            new
            {
                toSession = friend.Key,
                id = "1",
                content = 1,
            }
        );

        (await friend.ReceiveAsync()).GetProperty("fromSession").GetString().ShouldBe(session.ListeningKey);
    }

    private async Task ExpectEndedAsync(ConnectedSession session)
    {
        var row = await StrangeRows.ExpectAsync(
            new Api(strict.Servers.Webapps[0].InternalAddress),
            "forgedSender",
            session.ListeningKey
        );
        row.UserId.ShouldBe(session.UserId);
        await Eventually.HoldsAsync(async () =>
            (await strict.Api.ExchangeAsync(session, new { to = session.UserId, content = 1 })).Status.ShouldBe(
                HttpStatusCode.Unauthorized
            )
        );
    }
}
