using System.Net;
using System.Text.Json;
using RabbitMQ.Client;
using SignalBroker.Tests.Harness;
using SignalBroker.Tests.Signals;

namespace SignalBroker.Tests.Threats;

/// <summary>Nobody sends in another's name, whatever it has a node publish on its behalf; who tries loses its session.</summary>
public sealed class ForgedSenderTests(StrictServers strict) : IClassFixture<StrictServers>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private LocalCluster.Node Node => strict.Servers.Nodes[0];

    // A node's administrator makes the queue dead-letter, where no session can, so that the webapp's own look is tried.
    [Theory]
    [InlineData("the signals' time is over", """ "message-ttl":0 """, null)]
    [InlineData("the queue is full", """ "max-length":1,"overflow":"drop-head" """, null)]
    [InlineData("the queue rejects", """ "max-length":1,"overflow":"reject-publish-dlx" """, null)]
    [InlineData("the listener rejects", """ "max-length":1000 """, "NACK")]
    public async Task A_dead_letter_counts_for_nothing_and_does_not_harm_whose_key_it_bears(
        string how,
        string definition,
        string? answer
    )
    {
        const int DeadLetters = 10 * StrictServers.SignalsPerSecond;
        await using var victim = await Listener.StartStompAsync(strict.Api);
        await using var friend = await Listener.StartStompAsync(strict.Api);
        var session = await strict.Api.ConnectAsync();
        await using var forger = await StompSocket.OpenAsync(session.ListeningAddress);
        await Management.SetPolicyAsync(
            Node,
            session.ListeningKey,
            $$"""{"dead-letter-exchange":"signals","dead-letter-routing-key":"{{victim.Key}}",{{definition}}}"""
        );
        (await forger.TryConnectAsync(session.ListeningKey, session.Passcode)).ShouldBeTrue();
        await forger.SendAsync(
            "SUBSCRIBE",
            [
                ("id", "0"),
                ("destination", $"/queue/{session.ListeningKey}"),
                ("ack", "client-individual"),
                ("prefetch-count", "1"),
                ("exclusive", "true"),
                ("auto-delete", "true"),
                ("durable", "false"),
                ("receipt", "subscribed"),
            ]
        );
        await forger.ExpectAsync("RECEIPT");

        await using var webapp = await Management.OpenAmqpAsync(Node);
        await using var channel = await webapp.CreateChannelAsync(cancellationToken: Token);
        for (var number = 0; number < DeadLetters; number++)
        {
            await channel.BasicPublishAsync("", session.ListeningKey, SignalTo(friend), Token);
        }

        if (answer is not null)
        {
            for (var number = 0; number < DeadLetters; number++)
            {
                var message = await forger.ExpectAsync("MESSAGE");
                await forger.SendAsync(answer, [("id", message["ack"]!), ("requeue", "false")]);
            }
        }

        var row = await StrangeRows.ExpectAsync(strict.Internal, "forgedSender", session.ListeningKey);
        row.UserId.ShouldBe(session.UserId, how);
        await ExpectUnharmedAsync(victim, friend);
    }

    [Theory]
    [InlineData("x-death", "{victim}")]
    [InlineData("x-first-death-queue", "{victim}")]
    [InlineData("x-first-death-exchange", "signals")]
    [InlineData("x-last-death-reason", "expired")]
    public async Task Whoever_pretends_a_dead_letter_loses_its_session(string header, string value)
    {
        await using var victim = await Listener.StartStompAsync(strict.Api);
        await using var friend = await Listener.StartStompAsync(strict.Api);
        foreach (var names in new[] { true, false })
        {
            await using var forger = await Listener.StartStompAsync(strict.Api);
            (string, string)[] headers = [(header, value.Replace("{victim}", victim.Key, StringComparison.Ordinal))];
            await forger.SendAsync(BodyTo(friend), names ? [.. headers, ("user-id", forger.Key)] : headers);

            await ExpectEndedAsync(forger);
        }

        await ExpectUnharmedAsync(victim, friend);
    }

    [Fact]
    public async Task Whoever_does_not_name_itself_is_told_so_and_can_send_on()
    {
        await using var alice = await Listener.StartStompAsync(strict.Api);
        await using var bob = await Listener.StartStompAsync(strict.Api);

        await alice.SendAsync(BodyTo(bob), []);

        var error = await alice.ReceiveAsync();
        error.TryGetProperty("from", out _).ShouldBeFalse();
        error.GetProperty("type").GetString().ShouldBe("error");
        error.GetProperty("content").GetProperty("code").GetString().ShouldBe("user-id-missing");
        error.GetProperty("content").GetProperty("status").GetInt32().ShouldBe(400);
        error.GetProperty("content").GetProperty("id").GetString().ShouldBe("forged");
        await ExpectUnharmedAsync(alice, bob);
    }

    [Fact]
    public async Task Whoever_goes_on_without_naming_itself_is_answered_no_more()
    {
        await using var alice = await Listener.StartStompAsync(strict.Api);
        await using var bob = await Listener.StartStompAsync(strict.Api);
        const int Signals = 10 * StrictServers.SignalsPerSecond;

        for (var number = 0; number < Signals; number++)
        {
            await alice.SendAsync(BodyTo(bob), []);
        }

        // The answer to this one comes after all others.
        await alice.SendAsync(BodyTo(bob, "named"));
        var answers = 0;
        while ((await alice.ReceiveAsync()).GetProperty("type").GetString() == "error")
        {
            answers++;
        }

        answers.ShouldBeInRange(1, Signals / 4);
        (await bob.ReceiveAsync()).GetProperty("id").GetString().ShouldBe("named");
    }

    [Fact]
    public async Task Whoever_logs_in_by_AMQP_and_pretends_a_dead_letter_loses_its_session()
    {
        await using var victim = await Listener.StartStompAsync(strict.Api);
        await using var friend = await Listener.StartStompAsync(strict.Api);
        var deaths = new Dictionary<string, object?>
        {
            ["x-death"] = new List<object?>
            {
                new Dictionary<string, object?>
                {
                    ["queue"] = victim.Key,
                    ["exchange"] = "",
                    ["reason"] = "expired",
                    ["count"] = 1L,
                    ["routing-keys"] = new List<object?> { victim.Key },
                },
            },
            ["x-first-death-queue"] = victim.Key,
            ["x-first-death-reason"] = "expired",
            ["x-first-death-exchange"] = "",
        };
        foreach (var names in new[] { true, false })
        {
            var session = await strict.Api.ConnectAsync();
            await using var forger = await ListenByAmqpAsync(session);

            await forger.BasicPublishAsync(
                "signals",
                session.ListeningKey,
                mandatory: true,
                names
                    ? new BasicProperties { UserId = session.ListeningKey, Headers = deaths }
                    : new BasicProperties { Headers = deaths },
                SignalTo(friend),
                Token
            );

            // Without its name it can't be told from what it pretends to be, so that nobody is blamed for sure.
            if (names)
            {
                await ExpectEndedAsync(session);
            }
            else
            {
                await StrangeRows.ExpectAsync(strict.Internal, "forgedSender", victim.Key);
            }
        }

        await ExpectUnharmedAsync(victim, friend);
    }

    [Fact]
    public async Task Whoever_has_its_own_signals_copied_reaches_nobody_else()
    {
        await using var victim = await Listener.StartStompAsync(strict.Api);
        await using var friend = await Listener.StartStompAsync(strict.Api);
        foreach (var header in new[] { "CC", "BCC" })
        {
            var session = await strict.Api.ConnectAsync();
            await using var forger = await ListenByAmqpAsync(session);
            var properties = new BasicProperties
            {
                UserId = session.ListeningKey,
                Headers = new Dictionary<string, object?> { [header] = new List<object?> { victim.Key } },
            };

            // RabbitMQ 3.10 lets it pass under the forger's own key; later ones refuse.
            var sent = true;
            try
            {
                await forger.BasicPublishAsync(
                    "signals",
                    session.ListeningKey,
                    mandatory: true,
                    properties,
                    SignalTo(friend),
                    Token
                );
            }
            catch (Exception refused) when (refused is RabbitMQ.Client.Exceptions.RabbitMQClientException)
            {
                sent = false;
            }

            if (sent)
            {
                var envelope = await friend.ReceiveAsync();
                envelope.GetProperty("fromSession").GetString().ShouldBe(session.ListeningKey);
            }
        }

        await ExpectUnharmedAsync(victim, friend);
    }

    private static string BodyTo(Listener addressee, string id = "forged") =>
        JsonSerializer.Serialize(
            new
            {
                toSession = addressee.Key,
                id,
                content = id,
            }
        );

    private static byte[] SignalTo(Listener addressee) => System.Text.Encoding.UTF8.GetBytes(BodyTo(addressee));

    // Signals of one node are taken in their order: when this one's answer is there, all earlier ones were judged.
    private static async Task ExpectUnharmedAsync(Listener victim, Listener friend)
    {
        await victim.SendAsync(BodyTo(friend, "own"));
        var answer = await victim.ReceiveAsync();
        answer.GetProperty("type").GetString().ShouldBe("outcome", answer.GetRawText());
        answer.GetProperty("content").GetProperty("id").GetString().ShouldBe("own");
        var envelope = await friend.ReceiveAsync();
        envelope.GetProperty("id").GetString().ShouldBe("own", envelope.GetRawText());
        envelope.GetProperty("fromSession").GetString().ShouldBe(victim.Key);
        victim.Arrived().ShouldBeEmpty();
        friend.Arrived().ShouldBeEmpty();
    }

    private async Task ExpectEndedAsync(Listener forger)
    {
        await forger.Closed.WaitAsync(Patience, Token);
        forger.Arrived().ShouldBeEmpty();
        await ExpectEndedAsync(forger.Session);
    }

    private async Task ExpectEndedAsync(ConnectedSession forger)
    {
        var row = await StrangeRows.ExpectAsync(strict.Internal, "forgedSender", forger.ListeningKey);
        row.UserId.ShouldBe(forger.UserId);
        await Eventually.HoldsAsync(async () =>
            (await strict.Api.ExchangeAsync(forger, new { to = forger.UserId, content = 1 })).Status.ShouldBe(
                HttpStatusCode.Unauthorized
            )
        );
    }

    private async Task<IChannel> ListenByAmqpAsync(ConnectedSession session)
    {
        var connection = await Management.OpenAmqpAsync(Node, session.ListeningKey, session.Passcode);
        var channel = await connection.CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true),
            Token
        );
        await channel.QueueDeclareAsync(
            session.ListeningKey,
            durable: false,
            exclusive: true,
            autoDelete: true,
            cancellationToken: Token
        );
        await channel.BasicConsumeAsync(
            session.ListeningKey,
            autoAck: true,
            new RabbitMQ.Client.Events.AsyncEventingBasicConsumer(channel),
            Token
        );
        return channel;
    }
}
