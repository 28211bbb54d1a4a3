using SignalBroker.Containers.Tests.Harness;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Containers.Tests.BrokerAccess;

/// <summary>Whom the node lets in, and where: it knows nobody, and asks the webapp.</summary>
public sealed class AccessTests(Servers servers) : ContainerTests(servers)
{
    [Fact]
    public async Task The_node_itself_knows_the_user_for_management_and_no_other()
    {
        var users = await Servers.Node.RunCtlAsync("list_users", "--no-table-headers");

        users.Trim().Split('\n').ShouldHaveSingleItem().ShouldStartWith("signalbroker-management\t");
    }

    [Fact]
    public async Task A_wrong_passcode_is_refused_and_the_right_one_is_not_spent()
    {
        var session = await Api.ConnectAsync();
        await using var guesser = await StompSocket.OpenAsync(session.ListeningAddress);

        (await guesser.TryConnectAsync(session.ListeningKey, new string('A', session.Passcode.Length))).ShouldBeFalse();

        await using var listener = await Listener.StartAsync(session);
        await IsAckedAsync(session.ListeningKey);
    }

    [Fact]
    public async Task A_key_opens_one_socket_once()
    {
        await using var listener = await Listener.StartAsync(Api);
        await using var second = await StompSocket.OpenAsync(listener.Session.ListeningAddress);

        (await second.TryConnectAsync(listener.Key, listener.Session.Passcode)).ShouldBeFalse();

        await Api.ExchangeAsync(listener.Session, new { to = listener.Session.UserId, content = "still here" });
        (await listener.ReceiveAsync()).GetProperty("content").GetString().ShouldBe("still here");
    }

    [Fact]
    public async Task Nobody_listens_to_the_queue_of_another()
    {
        await using var listener = await Listener.StartAsync(Api);
        var session = await Api.ConnectAsync();
        await using var intruder = await StompSocket.OpenAsync(session.ListeningAddress);
        (await intruder.TryConnectAsync(session.ListeningKey, session.Passcode)).ShouldBeTrue();

        await intruder.ListenAsync(listener.Key);

        await intruder.ExpectRefusalAsync();
        await Api.ExchangeAsync(listener.Session, new { to = listener.Session.UserId, content = "mine" });
        (await listener.ReceiveAsync()).GetProperty("content").GetString().ShouldBe("mine");
        intruder.Arrived().ShouldNotContain(frame => frame.Command == "MESSAGE");
    }

    [Theory]
    [InlineData("guest", "guest")]
    [InlineData("rabbitmq", "rabbitmq")]
    [InlineData("s.AAAAAAAAAAAAAAAAAAAAAA", "")]
    public async Task Strangers_are_refused(string user, string password)
    {
        await using var socket = await StompSocket.OpenAsync(Servers.Node.ListeningAddress);

        (await socket.TryConnectAsync(user, password)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_webapp_does_not_listen()
    {
        var webapp = new Uri(Servers.Node.AmqpAddress).UserInfo.Split(':');
        await using var socket = await StompSocket.OpenAsync(Servers.Node.ListeningAddress);

        (await socket.TryConnectAsync(webapp[0], webapp[1])).ShouldBeFalse();
    }
}
