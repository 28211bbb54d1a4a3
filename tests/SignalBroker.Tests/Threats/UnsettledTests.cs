using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Threats;

/// <summary>A listener never settles what it gets, so that its queue keeps more than the policy lets it.</summary>
public sealed class UnsettledTests(TestCluster cluster)
{
    private const int Size = 60_000;
    private const int Many = 64 * 1024 * 1024 / Size;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_listener_that_settles_nothing_is_closed()
    {
        var session = await cluster.Api.ConnectAsync();
        await using var socket = await StompSocket.OpenAsync(session.ListeningAddress);
        (await socket.TryConnectAsync(session.ListeningKey, session.Passcode)).ShouldBeTrue();
        await socket.ListenAsync(session.ListeningKey, ack: "client");
        await socket.ExpectAsync("RECEIPT");

        // As a webapp does, but for its bounds.
        var webapp = new Uri(cluster.NodeOf(session).AmqpAddress).UserInfo.Split(':');
        await using var connection = await Management.OpenAmqpAsync(cluster.NodeOf(session), webapp[0], webapp[1]);
        await using var channel = await connection.CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true),
            TestContext.Current.CancellationToken
        );
        var sent = 0;
        while (sent < Many && !socket.Closed.IsCompleted)
        {
            try
            {
                await channel.BasicPublishAsync("", session.ListeningKey, new byte[Size], CancellationToken.None);
            }
            catch (PublishException)
            {
                // The queue has gone with its listener while the node had not confirmed it yet.
                break;
            }

            sent++;
        }

        sent.ShouldBeLessThan(Many);
        await socket.Closed.WaitAsync(Patience, TestContext.Current.CancellationToken);
        await Eventually.HoldsAsync(async () => (await cluster.RowsOfAsync(session.UserId)).ShouldBe(0));
        channel.IsOpen.ShouldBeTrue();
    }
}
