using System.Collections.Concurrent;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Threats;

/// <summary>A stranger sends a frame that never ends, so that the node keeps all of it.</summary>
public sealed class EndlessFrameTests(TestCluster cluster)
{
    private const long Limit = 256 * 1024 * 1024;

    // A character of a header takes 16 bytes of the node's memory, of which a process may have 512 MiB.
    private const long LimitOfHeader = 16 * 1024 * 1024;
    private const int ManySockets = 2_000;

    private static readonly string Piece = new('x', 100_000);

    [Theory]
    [InlineData("CONNECT\naccept-version:")]
    [InlineData("SEND\ncontent-length:9999999999\n\n")]
    [InlineData("SEND\ndestination:/exchange/signals/x\n\n")]
    public async Task A_stranger_who_never_ends_a_frame_is_closed(string begin)
    {
        var node = cluster.Servers.Nodes[0];
        await using var socket = await StompSocket.OpenAsync(node.ListeningAddress);

        await socket.SendTextAsync(begin);

        (await socket.FloodAsync(Piece, Limit)).ShouldBeLessThan(Limit);
    }

    [Fact]
    public async Task However_many_sockets_there_are_a_stranger_is_closed_as_soon()
    {
        var node = cluster.Servers.Nodes[0];
        var others = new ConcurrentBag<StompSocket>();
        await Parallel.ForEachAsync(
            Enumerable.Range(0, ManySockets),
            async (_, _) => others.Add(await StompSocket.OpenAsync(node.ListeningAddress))
        );
        await using var socket = await StompSocket.OpenAsync(node.ListeningAddress);

        await socket.SendTextAsync("CONNECT\naccept-version:");

        (await socket.FloodAsync(Piece, Limit)).ShouldBeLessThan(LimitOfHeader);
        await Parallel.ForEachAsync(others, (other, _) => other.DisposeAsync());
    }

    [Fact]
    public async Task A_session_that_never_ends_a_frame_is_closed()
    {
        var session = await cluster.Api.ConnectAsync();
        await using var listener = await Listener.StartStompAsync(session);

        await listener.Socket.SendTextAsync($"SEND\ndestination:/exchange/signals/{listener.Key}\n\n");

        (await listener.Socket.FloodAsync(Piece, Limit)).ShouldBeLessThan(Limit);
        await Eventually.HoldsAsync(async () => (await cluster.RowsOfAsync(session.UserId)).ShouldBe(0));
    }
}
