using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Threats;

/// <summary>A session keeps what it sends in a transaction that it never commits, which RabbitMQ does not bound.</summary>
public sealed class TransactionTests(TestCluster cluster)
{
    private const long Limit = 256 * 1024 * 1024;

    [Theory]
    [InlineData(60_000)]
    [InlineData(1)]
    public async Task A_session_that_never_commits_is_closed(int size)
    {
        await using var listener = await Listener.StartStompAsync(cluster.Api);
        await listener.Socket.SendAsync("BEGIN", [("transaction", "t")]);
        var send = StompFrame.Write(
            "SEND",
            [("destination", $"/exchange/signals/{listener.Key}"), ("transaction", "t")],
            new string('x', size)
        );

        (await listener.Socket.FloodAsync(send, Limit)).ShouldBeLessThan(Limit);

        await Eventually.HoldsAsync(async () => (await cluster.RowsOfAsync(listener.Session.UserId)).ShouldBe(0));
    }
}
