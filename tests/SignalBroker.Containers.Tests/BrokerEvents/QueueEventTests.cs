using SignalBroker.Containers.Tests.Harness;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Containers.Tests.BrokerEvents;

/// <summary>What the node says of queues decides about sessions.</summary>
public sealed class QueueEventTests(Servers servers) : ContainerTests(servers)
{
    [Fact]
    public async Task A_created_queue_acks_its_session()
    {
        var session = await Api.ConnectAsync();
        (await QueuesAsync()).ShouldNotContain(session.ListeningKey);

        await using var listener = await Listener.StartAsync(session);

        await IsAckedAsync(session.ListeningKey);
        (await QueuesAsync()).ShouldContain(session.ListeningKey);
    }

    [Fact]
    public async Task A_deleted_queue_ends_its_session()
    {
        await using var listener = await Listener.StartAsync(Api);
        await IsAckedAsync(listener.Key);

        // The queue goes with its last consumer.
        await listener.Socket.SendAsync("UNSUBSCRIBE", [("id", "0")]);

        await IsAckedAsync(listener.Key, expected: null);
    }

    [Fact]
    public async Task A_socket_that_is_cut_ends_its_session()
    {
        await using var listener = await Listener.StartAsync(Api);
        await IsAckedAsync(listener.Key);

        listener.Socket.Abort();

        await IsAckedAsync(listener.Key, expected: null);
        (await QueuesAsync()).ShouldNotContain(listener.Key);
    }

    private async Task<IReadOnlyList<string>> QueuesAsync() =>
        (await Servers.Node.RunCtlAsync("list_queues", "--no-table-headers", "name")).Split('\n');
}
