using System.Net;
using MQTTnet;
using MQTTnet.Formatter;
using MQTTnet.Protocol;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Mqtt;

/// <summary>What a session may do by MQTT, and what it may not, at nodes whose RabbitMQ speaks it natively.</summary>
public sealed class MqttListeningTests(TestCluster cluster)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<MqttProtocolVersion> Versions => new(MqttProtocolVersion.V311, MqttProtocolVersion.V500);

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_session_listens_and_sends_by_either_version(MqttProtocolVersion version)
    {
        var session = await cluster.Api.ConnectAsync();
        var offer = MqttSocket.OfferOf(session);
        offer.Subscribe.ShouldBe(session.ListeningKey);
        session.Listening.Select(each => each.Protocol).ShouldBe(["mqtt", "stomp"]);
        session.Listening[1].Address.ShouldBe(session.ListeningAddress);
        await using var socket = await ListenAsync(session, options => options.WithProtocolVersion(version));

        await socket.SendSignalAsync(session, $$"""{ "to": "{{session.UserId}}", "id": "1", "content": "hello" }""");

        var envelopes = new[] { await socket.ReceiveAsync(), await socket.ReceiveAsync() };
        envelopes.ShouldContain(envelope => envelope!.Contains("\"content\":\"hello\"", StringComparison.Ordinal));
        envelopes.ShouldContain(envelope => envelope!.Contains("\"outcome\":\"queued\"", StringComparison.Ordinal));
        await Eventually.HoldsAsync(async () => (await cluster.IsAckedAsync(session.ListeningKey)).ShouldBe(true));
    }

    [Fact]
    public async Task A_key_opens_one_socket_by_either_protocol()
    {
        var first = await cluster.Api.ConnectAsync();
        await using var byMqtt = await ListenAsync(first);
        await using var late = await StompSocket.OpenAsync(first.ListeningAddress);
        (await late.TryConnectAsync(first.ListeningKey, first.Passcode)).ShouldBeFalse();

        var second = await cluster.Api.ConnectAsync();
        await using var byStomp = await Listener.StartStompAsync(second);
        (await MqttSocket.OpenAsync(second)).ShouldBeNull();

        foreach (var session in (ConnectedSession[])[first, second])
        {
            var answer = await cluster.Api.ExchangeAsync(session, new { to = session.UserId, content = 1 });
            answer.Outcomes.ShouldBe([(session.ListeningKey, "queued")]);
        }
    }

    [Fact]
    public async Task A_client_id_is_nobody_elses()
    {
        var (victim, attacker) = (await cluster.Api.ConnectAsync(), await cluster.Api.ConnectAsync());
        await using var listening = await ListenAsync(victim);
        foreach (var id in (string[])[victim.ListeningKey, "", "another", attacker.ListeningKey + "x"])
        {
            (await MqttSocket.OpenAsync(attacker, options => options.WithClientId(id))).ShouldBeNull(id);
        }

        // None of these attempts has cost either its place.
        await using var late = await ListenAsync(attacker);
        listening.Closed.IsCompleted.ShouldBeFalse();
    }

    [Theory]
    [InlineData("{other}")]
    [InlineData("#")]
    [InlineData("+")]
    [InlineData("{own}/#")]
    [InlineData("$share/group/{own}")]
    [InlineData("signals")]
    [InlineData("{own}/more")]
    public async Task Nothing_but_its_own_topic_can_be_subscribed_to(string filter)
    {
        var (own, other) = (await cluster.Api.ConnectAsync(), await cluster.Api.ConnectAsync());
        await using var listening = await ListenAsync(own);

        var isGranted = await listening.SubscribeAsync(
            filter
                .Replace("{own}", own.ListeningKey, StringComparison.Ordinal)
                .Replace("{other}", other.ListeningKey, StringComparison.Ordinal)
        );

        isGranted.ShouldBeFalse();
        await listening.Closed.WaitAsync(TimeSpan.FromSeconds(30), Token);
    }

    [Fact]
    public async Task It_can_be_subscribed_to_at_QoS_0_only()
    {
        var session = await cluster.Api.ConnectAsync();
        await using var socket = (await MqttSocket.OpenAsync(session)).ShouldNotBeNull();

        (await socket.SubscribeAsync(session.ListeningKey, MqttQualityOfServiceLevel.AtLeastOnce)).ShouldBeFalse();

        await socket.Closed.WaitAsync(TimeSpan.FromSeconds(30), Token);
        (await cluster.IsAckedAsync(session.ListeningKey)).ShouldNotBe(true);
    }

    [Theory]
    [InlineData("{other}")]
    [InlineData("{own}")]
    [InlineData("signals/{other}")]
    [InlineData("amq.topic")]
    [InlineData("signals.mqtt")]
    [InlineData("$SYS/x")]
    public async Task Nothing_but_signals_can_be_published_to(string topic)
    {
        var (own, other) = (await cluster.Api.ConnectAsync(), await cluster.Api.ConnectAsync());
        await using var socket = await ListenAsync(own);
        await using var victim = await ListenAsync(other);

        var isTaken = await socket.PublishAsync(
            topic
                .Replace("{own}", own.ListeningKey, StringComparison.Ordinal)
                .Replace("{other}", other.ListeningKey, StringComparison.Ordinal),
            """{ "from": "somebody", "content": 1 }"""
        );

        isTaken.ShouldBeFalse();
        await socket.Closed.WaitAsync(TimeSpan.FromSeconds(30), Token);
        (await cluster.Api.ExchangeAsync(other, new { to = other.UserId, content = 2 })).Status.ShouldBe(
            HttpStatusCode.OK
        );
        (await victim.ReceiveAsync()).ShouldNotBeNull().ShouldContain("\"content\":2");
        victim.ArrivedEnvelopes().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_forged_client_id_in_a_header_counts_for_nothing()
    {
        var (own, other) = (await cluster.Api.ConnectAsync(), await cluster.Api.ConnectAsync());
        await using var socket = await ListenAsync(own);
        await using var victim = await ListenAsync(other);

        await socket.PublishAsync(
            MqttSocket.OfferOf(own).Send!,
            $$"""{ "to": "{{other.UserId}}", "id": "1", "content": 1 }""",
            message =>
                message.WithUserProperty("x-opt-mqtt-client-id", System.Text.Encoding.UTF8.GetBytes(other.ListeningKey))
        );

        (await victim.ReceiveAsync()).ShouldNotBeNull().ShouldContain($"\"fromSession\":\"{own.ListeningKey}\"");
        (await socket.ReceiveAsync()).ShouldNotBeNull().ShouldContain("queued");
        victim.ArrivedEnvelopes().ShouldBeEmpty();
    }

    [Fact]
    public async Task Nothing_is_kept_for_a_topic_or_a_client_that_is_gone()
    {
        var session = await cluster.Api.ConnectAsync();
        var socket = await ListenAsync(
            session,
            options => options.WithCleanStart(false).WithSessionExpiryInterval(uint.MaxValue)
        );
        await socket.PublishAsync(
            MqttSocket.OfferOf(session).Send!,
            $$"""{ "to": "{{session.UserId}}", "id": "1", "content": 1 }""",
            message => message.WithRetainFlag()
        );
        await socket.DisposeAsync();

        await Eventually.HoldsAsync(async () => (await cluster.RowsOfAsync(session.UserId)).ShouldBe(0));
        var queues = await cluster.NodeOf(session).RunCtlAsync("list_queues", "name");
        queues.ShouldNotContain(session.ListeningKey);
    }

    [Fact]
    public async Task A_last_will_reaches_nobody()
    {
        var (own, other) = (await cluster.Api.ConnectAsync(), await cluster.Api.ConnectAsync());
        await using var victim = await ListenAsync(other);
        var socket = await ListenAsync(
            own,
            options =>
                options
                    .WithWillTopic(MqttSocket.OfferOf(own).Send)
                    .WithWillPayload($$"""{ "to": "{{other.UserId}}", "id": "1", "content": "will" }""")
                    .WithWillQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce)
        );

        socket.Abort();

        await Eventually.HoldsAsync(async () => (await cluster.RowsOfAsync(own.UserId)).ShouldBe(0));
        await cluster.Api.ExchangeAsync(other, new { to = other.UserId, content = "after" });
        (await victim.ReceiveAsync()).ShouldNotBeNull().ShouldContain("after");
    }

    /// <summary>RabbitMQ itself would go on to take signals for the queue, and say that it has them.</summary>
    [Fact]
    public async Task A_listener_whose_process_was_killed_is_reported_as_gone()
    {
        var session = await cluster.Api.ConnectAsync();
        await using var socket = await ListenAsync(session);
        await cluster
            .NodeOf(session)
            .RunCtlAsync(
                "eval",
                $$"""
                {ok, Queue} = rabbit_amqqueue:lookup({resource, <<"/">>, queue, <<"mqtt-subscription-{{session.ListeningKey}}qos0">>}),
                exit(amqqueue:get_pid(Queue), kill).
                """
            );

        await Eventually.HoldsAsync(async () => (await cluster.RowsOfAsync(session.UserId)).ShouldBe(0));
        var answer = await cluster.Api.PostAsync(
            "/exchange",
            new { to = session.UserId, content = 1 },
            (await Listener.StartAsync(cluster.Api)).Session.Authorization
        );
        answer.Code.ShouldBe("user-not-listening");
    }

    private static async Task<MqttSocket> ListenAsync(
        ConnectedSession session,
        Action<MqttClientOptionsBuilder>? configure = null
    )
    {
        var socket = (await MqttSocket.OpenAsync(session, configure)).ShouldNotBeNull();
        (await socket.SubscribeAsync(MqttSocket.OfferOf(session).Subscribe)).ShouldBeTrue();
        return socket;
    }
}
