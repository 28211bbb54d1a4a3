using System.Net;
using System.Net.Sockets;
using SignalBroker.Broker;

namespace SignalBroker.Tests.Broker;

public sealed class CoalescingStreamTests : IAsyncLifetime
{
    private readonly Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CoalescingTcpClient client = new(AddressFamily.InterNetwork);
    private Socket peer = null!;

    public async ValueTask InitializeAsync()
    {
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var address = (IPEndPoint)listener.LocalEndPoint!;
        await client.ConnectAsync(address.Address, address.Port, TestContext.Current.CancellationToken);
        peer = await listener.AcceptAsync(TestContext.Current.CancellationToken);
    }

    public ValueTask DisposeAsync()
    {
        client.Dispose();
        peer.Dispose();
        listener.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_lone_write_goes_out_without_a_flush()
    {
        await client.GetStream().WriteAsync("hello"u8.ToArray(), TestContext.Current.CancellationToken);

        (await ReceiveAsync(5)).ShouldBe("hello"u8.ToArray());
    }

    [Fact]
    public async Task Everything_arrives_in_the_order_in_which_it_was_written()
    {
        // More than the kernel's buffers take, so that writers have to wait for the reader.
        var sent = new byte[20_000_000];
        Random.Shared.NextBytes(sent);

        var writing = Task.Run(
            async () =>
            {
                for (var start = 0; start < sent.Length; )
                {
                    var length = Math.Min(Random.Shared.Next(1, 5000), sent.Length - start);
                    await client.GetStream().WriteAsync(sent.AsMemory(start, length));
                    start += length;
                }
            },
            TestContext.Current.CancellationToken
        );

        (await ReceiveAsync(sent.Length)).AsSpan().SequenceEqual(sent).ShouldBeTrue();
        await writing;
    }

    [Fact]
    public async Task A_writer_waits_for_a_peer_that_does_not_read()
    {
        // Far more than the kernel's buffers take; without waiting it would all be accepted.
        var writing = Task.Run(
            async () =>
            {
                var piece = new byte[1_000_000];
                for (var pieces = 0; pieces < 200; pieces++)
                {
                    await client.GetStream().WriteAsync(piece);
                }
            },
            TestContext.Current.CancellationToken
        );
        await ReceiveAsync(1_000_000);
        peer.Dispose();

        await Should.ThrowAsync<IOException>(writing);
    }

    [Fact]
    public async Task Whoever_writes_after_the_connection_broke_hears_of_it()
    {
        peer.LingerState = new LingerOption(enable: true, seconds: 0);
        peer.Dispose();

        await Should.ThrowAsync<IOException>(async () =>
        {
            while (true)
            {
                await client.GetStream().WriteAsync("hello"u8.ToArray(), TestContext.Current.CancellationToken);
                await Task.Yield();
            }
        });
    }

    private async Task<byte[]> ReceiveAsync(int length)
    {
        var received = new byte[length];
        for (var have = 0; have < length; )
        {
            have += await peer.ReceiveAsync(received.AsMemory(have), TestContext.Current.CancellationToken) switch
            {
                0 => throw new EndOfStreamException(),
                var count => count,
            };
        }

        return received;
    }
}
