using System.Net;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;
using SignalBroker.LocalCluster;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Threats;

/// <summary>Whoever has no session has no door into a node.</summary>
public sealed class StrangerTests(TestCluster cluster)
{
    private const string WebappUser = "signalbroker-webapp";
    private const string ManagementUser = "signalbroker-management";

    public static TheoryData<string, string> Strangers { get; } =
        new()
        {
            { "guest", "guest" },
            { "guest", "" },
            { WebappUser, "" },
            { WebappUser, WebappUser },
            { WebappUser, "guest" },
            { ManagementUser, "" },
            { ManagementUser, ManagementUser },
            { "", "" },
            { "s.AAAAAAAAAAAAAAAAAAAAAA", "" },
        };

    private Node Node => cluster.Servers.Nodes[0];

    [Fact]
    public async Task A_CONNECT_that_names_no_user_is_refused()
    {
        await using var socket = await StompSocket.OpenAsync(Node.ListeningAddress);

        await socket.SendAsync("CONNECT", [("accept-version", "1.2"), ("host", "/")]);

        await socket.ExpectRefusalAsync();
    }

    [Fact]
    public async Task A_frame_before_CONNECT_is_refused()
    {
        await using var socket = await StompSocket.OpenAsync(Node.ListeningAddress);

        await socket.SubscribeAsync("/queue/signalbroker.events");

        await socket.ExpectRefusalAsync();
    }

    [Theory]
    [MemberData(nameof(Strangers))]
    public async Task No_stranger_can_log_in_to_listen(string user, string password)
    {
        await using var socket = await StompSocket.OpenAsync(Node.ListeningAddress);

        (await socket.TryConnectAsync(user, password)).ShouldBeFalse();
    }

    [Theory]
    [MemberData(nameof(Strangers))]
    public async Task No_stranger_can_log_in_over_AMQP(string user, string password) =>
        await Should.ThrowAsync<BrokerUnreachableException>(() => Management.OpenAmqpAsync(Node, user, password));

    [Theory]
    [MemberData(nameof(Strangers))]
    public async Task No_stranger_can_log_in_to_the_management_API(string user, string password) =>
        (await Management.LogInAsync(Node, user, password)).ShouldBe(HttpStatusCode.Unauthorized);

    [Fact]
    public async Task A_session_has_no_tags_and_so_no_management_API()
    {
        var session = await cluster.Api.ConnectAsync();

        (await Management.LogInAsync(cluster.NodeOf(session), session.ListeningKey, session.Passcode)).ShouldBe(
            HttpStatusCode.Unauthorized
        );
    }

    [Fact]
    public async Task A_session_that_logs_in_over_AMQP_can_do_no_more_than_over_its_socket()
    {
        var session = await cluster.Api.ConnectAsync();
        await using var connection = await Management.OpenAmqpAsync(
            cluster.NodeOf(session),
            session.ListeningKey,
            session.Passcode
        );
        Func<IChannel, Task>[] attempts =
        [
            channel => channel.QueueDeclareAsync("", durable: false, exclusive: true, autoDelete: true),
            channel =>
                channel.QueueDeclareAsync("signalbroker.events", durable: true, exclusive: false, autoDelete: false),
            channel => channel.ExchangeDeclareAsync(session.ListeningKey, "fanout", durable: false, autoDelete: true),
            channel => channel.QueueDeleteAsync("signalbroker.events", ifUnused: false, ifEmpty: false),
            channel => channel.QueuePurgeAsync("signalbroker.events"),
            channel => channel.QueueBindAsync(session.ListeningKey, "amq.rabbitmq.event", "#"),
            channel => channel.BasicGetAsync("signalbroker.events", autoAck: false),
        ];

        foreach (var attempt in attempts)
        {
            await using var channel = await connection.CreateChannelAsync(
                cancellationToken: TestContext.Current.CancellationToken
            );
            var refused = await Should.ThrowAsync<OperationInterruptedException>(() => attempt(channel));
            refused.ShutdownReason!.ReplyCode.ShouldBe((ushort)403);
        }
    }
}
