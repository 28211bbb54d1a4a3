using System.Diagnostics;
using System.Net.WebSockets;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Threats;

/// <summary>A stranger holds sockets without logging in, or a session without listening.</summary>
public sealed class SilentSocketTests(TestCluster cluster)
{
    private static readonly TimeSpan AtLeast = TimeSpan.FromSeconds(9);
    private static readonly TimeSpan AtMost = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan BetweenBytes = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task A_socket_through_which_nobody_logs_in_is_closed()
    {
        await using var socket = await StompSocket.OpenAsync(cluster.Servers.Nodes[0].ListeningAddress);
        var watch = Stopwatch.StartNew();

        await socket.Closed.WaitAsync(AtMost, TestContext.Current.CancellationToken);

        watch.Elapsed.ShouldBeGreaterThan(AtLeast);
    }

    [Theory]
    [InlineData("", "\n")]
    [InlineData("CONNECT\naccept-version:", "x")]
    public async Task A_byte_now_and_then_keeps_no_socket_open(string begin, string drop)
    {
        await using var socket = await StompSocket.OpenAsync(cluster.Servers.Nodes[0].ListeningAddress);
        using var timer = new PeriodicTimer(BetweenBytes, TimeProvider.System);
        var dripping = DripAsync();

        await socket.Closed.WaitAsync(AtMost, TestContext.Current.CancellationToken);
        await dripping;

        async Task DripAsync()
        {
            try
            {
                await socket.SendTextAsync(begin + drop);
                while (!socket.Closed.IsCompleted)
                {
                    await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
                    await socket.SendTextAsync(drop);
                }
            }
            catch (Exception closed) when (closed is WebSocketException or IOException)
            {
                // As it should be.
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_session_that_does_not_listen_is_closed(bool hasListened)
    {
        var session = await cluster.Api.ConnectAsync();
        await using var socket = await StompSocket.OpenAsync(session.ListeningAddress);
        (await socket.TryConnectAsync(session.ListeningKey, session.Passcode)).ShouldBeTrue();
        if (hasListened)
        {
            await socket.ListenAsync(session.ListeningKey);
            await socket.ExpectAsync("RECEIPT");
            await socket.SendAsync("UNSUBSCRIBE", [("id", "0")]);
        }

        await socket.Closed.WaitAsync(AtMost, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_session_that_listens_keeps_its_socket()
    {
        await using var listener = await Listener.StartAsync(cluster.Api);
        await using var stranger = await StompSocket.OpenAsync(listener.Session.ListeningAddress);

        // By then the listener, whose socket is older, would have been closed as well.
        await stranger.Closed.WaitAsync(AtMost, TestContext.Current.CancellationToken);

        await cluster.Api.ExchangeAsync(listener.Session, new { to = listener.Session.UserId, content = 1 });
        await listener.ReceiveAsync();
    }
}
