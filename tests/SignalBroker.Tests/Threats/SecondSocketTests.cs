using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Threats;

/// <summary>A listening key opens one socket, once.</summary>
public sealed class SecondSocketTests(TestCluster cluster)
{
    [Fact]
    public async Task A_second_socket_with_the_same_key_is_refused_at_any_time()
    {
        var session = await cluster.Api.ConnectAsync();
        await using var first = await StompSocket.OpenAsync(session.ListeningAddress);
        (await first.TryConnectAsync(session.ListeningKey, session.Passcode)).ShouldBeTrue();

        // Before the first one's queue exists.
        await ExpectNoSecondAsync(session);
        await first.ListenAsync(session.ListeningKey);
        await first.ExpectAsync("RECEIPT");
        await ExpectNoSecondAsync(session);

        // After the first one's queue has been acked.
        await Eventually.HoldsAsync(async () =>
            (await cluster.IsAckedAsync(session.ListeningKey)).ShouldBe(expected: true)
        );
        await ExpectNoSecondAsync(session);

        // The first one has felt nothing.
        await cluster.Api.ExchangeAsync(session, new { to = session.UserId, content = 1 });
        (await first.ExpectAsync("MESSAGE")).Body.ShouldEndWith("\"content\":1}");

        // After the first one has gone, at once and when its session is gone too.
        first.Abort();
        await ExpectNoSecondAsync(session);
        await Eventually.HoldsAsync(async () => (await cluster.RowsOfAsync(session.UserId)).ShouldBe(0));
        await ExpectNoSecondAsync(session);
    }

    [Fact]
    public async Task Of_thirty_sockets_that_race_with_one_key_one_gets_in()
    {
        var session = await cluster.Api.ConnectAsync();
        var sockets = await Task.WhenAll(
            Enumerable.Range(0, 30).Select(_ => StompSocket.OpenAsync(session.ListeningAddress))
        );

        var admitted = await Task.WhenAll(
            sockets.Select(socket => socket.TryConnectAsync(session.ListeningKey, session.Passcode))
        );

        admitted.Count(isAdmitted => isAdmitted).ShouldBe(1);
        var winner = sockets[Array.IndexOf(admitted, value: true)];
        await winner.ListenAsync(session.ListeningKey);
        await winner.ExpectAsync("RECEIPT");
        foreach (var socket in sockets)
        {
            await socket.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_session_that_was_ended_before_it_listened_opens_no_socket()
    {
        var session = await cluster.Api.ConnectAsync();
        await cluster.Api.DisconnectAsync(session);

        await ExpectNoSecondAsync(session);
    }

    private static async Task ExpectNoSecondAsync(ConnectedSession session)
    {
        await using var second = await StompSocket.OpenAsync(session.ListeningAddress);
        (await second.TryConnectAsync(session.ListeningKey, session.Passcode)).ShouldBeFalse();
    }
}
