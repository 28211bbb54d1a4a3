using System.Text.Json;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Signals;

/// <summary>A signal that is sent through the socket is as good as one that is posted to /exchange.</summary>
public sealed class SocketSendTests(TestCluster cluster)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_signal_reaches_its_addressee_and_its_outcome_the_sender()
    {
        foreach (var node in cluster.Servers.Nodes)
        {
            await using var alice = await ListenOnAsync(node.ListeningAddress);
            await using var bob = await Listener.StartAsync(cluster.Api);

            await alice.SendAsync(
                new
                {
                    to = bob.Session.UserId,
                    id = "first",
                    type = "greeting",
                    timeToLive = 5000,
                    content = new { text = "hello" },
                }
            );

            var envelope = await bob.ReceiveAsync();
            envelope.GetProperty("id").GetString().ShouldBe("first");
            envelope.GetProperty("from").GetString().ShouldBe(alice.Session.UserId);
            envelope.GetProperty("fromSession").GetString().ShouldBe(alice.Key);
            envelope.GetProperty("type").GetString().ShouldBe("greeting");
            envelope.GetProperty("content").GetProperty("text").GetString().ShouldBe("hello");
            var outcome = await ControlAsync(alice, "outcome");
            outcome.GetProperty("id").GetString().ShouldBe("first");
            var session = outcome.GetProperty("sessions").EnumerateArray().ShouldHaveSingleItem();
            session.GetProperty("listeningKey").GetString().ShouldBe(bob.Key);
            session.GetProperty("outcome").GetString().ShouldBe("queued");
        }
    }

    [Fact]
    public async Task A_signal_to_oneself_and_its_outcome_can_be_told_apart()
    {
        await using var alice = await Listener.StartAsync(cluster.Api);

        // What a sender calls its signal is no proof of anything: what the server says has no sender.
        await alice.SendAsync(
            new
            {
                to = alice.Session.UserId,
                id = "1",
                type = "outcome",
                content = new { id = "1" },
            }
        );

        (await alice.ReceiveAsync()).GetProperty("from").GetString().ShouldBe(alice.Session.UserId);
        await ControlAsync(alice, "outcome");
    }

    [Fact]
    public async Task A_signal_to_nobody_is_answered_with_what_exchange_answers()
    {
        await using var alice = await Listener.StartAsync(cluster.Api);
        var to = "nobody-" + alice.Key;

        await alice.SendAsync(
            new
            {
                to,
                id = "1",
                content = 1,
            }
        );

        var error = await ControlAsync(alice, "error");
        var posted = await cluster.Api.ExchangeAsync(
            alice.Session,
            new
            {
                to,
                id = "1",
                content = 1,
            }
        );
        error
            .EnumerateObject()
            .ToDictionary(member => member.Name, member => member.Value.GetRawText())
            .ShouldBe(
                posted.Json.EnumerateObject().ToDictionary(member => member.Name, member => member.Value.GetRawText()),
                ignoreOrder: true
            );
    }

    [Theory]
    [InlineData("", "malformed-body", null)]
    [InlineData("hello", "malformed-body", null)]
    [InlineData("[]", "malformed-body", null)]
    [InlineData("""{"id":"x","to":"bob","content":""", "malformed-body", "x")]
    [InlineData("""{"id":"x","to":"bob"}""", "content-missing", "x")]
    [InlineData("""{"to":"b o b","content":1,"id":"x"}""", "invalid-user-id", "x")]
    [InlineData("""{"id":"x","content":1}""", "addressee-invalid", "x")]
    [InlineData("""{"to":"bob","content":1,"id":7}""", "invalid-member", null)]
    [InlineData("""{"to":"bob","content":1}""", "invalid-member", null)]
    public async Task What_is_no_signal_is_answered_with_an_error(string body, string code, string? id)
    {
        await using var alice = await Listener.StartAsync(cluster.Api);

        await alice.SendAsync(body);

        var error = await ControlAsync(alice, "error");
        error.GetProperty("code").GetString().ShouldBe(code);
        error.GetProperty("status").GetInt32().ShouldBe(400);
        error.GetProperty("detail").GetString().ShouldNotBeNullOrEmpty();
        (error.TryGetProperty("id", out var found) ? found.GetString() : null).ShouldBe(id);

        // And the next one is served.
        await alice.SendAsync(
            new
            {
                to = alice.Session.UserId,
                id = "good",
                content = 1,
            }
        );
        await alice.ReceiveAsync();
        await ControlAsync(alice, "outcome");
    }

    [Fact]
    public async Task A_signal_that_is_too_large_is_answered_with_an_error()
    {
        await using var alice = await Listener.StartAsync(cluster.Api);

        await alice.SendAsync(
            new
            {
                id = "large",
                to = alice.Session.UserId,
                content = new string('x', 70_000),
            }
        );

        var error = await ControlAsync(alice, "error");
        error.GetProperty("code").GetString().ShouldBe("payload-too-large");
        error.GetProperty("id").GetString().ShouldBe("large");
    }

    [Fact]
    public async Task Signals_of_many_senders_that_wait_for_no_answer_keep_their_order()
    {
        const int Signals = 100;
        await using var bob = await Listener.StartAsync(cluster.Api);
        var senders = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Listener.StartAsync(cluster.Api)));

        await Task.WhenAll(
            senders.Select(async sender =>
            {
                for (var number = 0; number < Signals; number++)
                {
                    await sender.SendAsync(
                        new
                        {
                            to = bob.Session.UserId,
                            id = $"{number}",
                            content = number,
                        }
                    );
                }
            })
        );

        var arrived = senders.ToDictionary(sender => sender.Key, _ => new List<int>());
        for (var number = 0; number < Signals * senders.Length; number++)
        {
            var envelope = await bob.ReceiveAsync();
            arrived[envelope.GetProperty("fromSession").GetString()!].Add(envelope.GetProperty("content").GetInt32());
        }

        foreach (var sender in senders)
        {
            arrived[sender.Key].ShouldBe(Enumerable.Range(0, Signals));
            for (var number = 0; number < Signals; number++)
            {
                (await ControlAsync(sender, "outcome")).GetProperty("id").GetString().ShouldBe($"{number}");
            }

            await sender.DisposeAsync();
        }
    }

    [Fact]
    public async Task Whoever_logs_in_by_AMQP_can_send_in_no_other_name_either()
    {
        await using var bob = await Listener.StartAsync(cluster.Api);
        var session = await cluster.Api.ConnectAsync();
        while (session.ListeningAddress != bob.Session.ListeningAddress)
        {
            session = await cluster.Api.ConnectAsync();
        }

        await using var connection = await Management.OpenAmqpAsync(
            cluster.NodeOf(session),
            session.ListeningKey,
            session.Passcode
        );
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
        var body = JsonSerializer.SerializeToUtf8Bytes(
            new
            {
                to = bob.Session.UserId,
                id = "1",
                content = 1,
            }
        );
        var own = new BasicProperties { UserId = session.ListeningKey };
        await channel.BasicPublishAsync("signals", session.ListeningKey, mandatory: true, own, body, Token);
        await Should.ThrowAsync<Exception>(async () =>
            await channel.BasicPublishAsync("signals", bob.Key, mandatory: true, own, body, Token)
        );

        var envelope = await bob.ReceiveAsync();
        envelope.GetProperty("fromSession").GetString().ShouldBe(session.ListeningKey);
        channel.CloseReason!.ReplyCode.ShouldBe((ushort)403);
        bob.Arrived().ShouldBeEmpty();
    }

    private static async Task<JsonElement> ControlAsync(Listener listener, string type)
    {
        var envelope = await listener.ReceiveAsync();
        envelope.TryGetProperty("from", out _).ShouldBeFalse(envelope.GetRawText());
        envelope.GetProperty("type").GetString().ShouldBe(type, envelope.GetRawText());
        envelope.GetProperty("sentAt").GetDateTime().ShouldBeGreaterThan(DateTime.UnixEpoch);
        return envelope.GetProperty("content");
    }

    private async Task<Listener> ListenOnAsync(string address)
    {
        while (true)
        {
            var session = await cluster.Api.ConnectAsync();
            if (session.ListeningAddress == address)
            {
                return await Listener.StartAsync(session);
            }
        }
    }
}
