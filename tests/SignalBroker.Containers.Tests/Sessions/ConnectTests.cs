using System.Net;
using SignalBroker.Containers.Tests.Harness;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Containers.Tests.Sessions;

/// <summary>How sessions are opened and closed.</summary>
public sealed class ConnectTests(Servers servers) : ContainerTests(servers)
{
    [Fact]
    public async Task A_new_session_may_listen_on_the_node_and_is_not_acked_yet()
    {
        var session = await Api.ConnectAsync("alice");

        session.UserId.ShouldBe("alice");
        session.ListeningAddress.ShouldBe(Servers.Node.ListeningAddress);
        session.Ack.ShouldBeFalse();
        (await Servers.Rows.IsAckedAsync(session.ListeningKey)).ShouldBe(expected: false);
    }

    [Fact]
    public async Task Disconnecting_closes_the_socket_and_ends_the_session()
    {
        await using var listener = await Listener.StartAsync(Api);
        await IsAckedAsync(listener.Key);

        (await Api.DisconnectAsync(listener.Session)).Status.ShouldBe(HttpStatusCode.NoContent);

        await listener.Socket.Closed;
        await IsAckedAsync(listener.Key, expected: null);
        (await Api.ExchangeAsync(listener.Session, new { to = "anybody", content = 1 })).Status.ShouldBe(
            HttpStatusCode.Unauthorized
        );
    }
}
