using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace SignalBroker.LocalCluster.Tests;

/// <summary>How the proxy forwards, holds back and cuts.</summary>
public sealed class TcpProxyTests : IAsyncDisposable
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(200);

    private readonly TcpListener _server = new(IPAddress.Loopback, 0);
    private readonly TcpProxy _proxy;
    private readonly List<int> _targets = [];

    public TcpProxyTests()
    {
        _server.Start();
        _targets.Add(((IPEndPoint)_server.LocalEndpoint).Port);
        _proxy = new TcpProxy(() => _targets);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Bytes_pass_in_both_directions()
    {
        using var client = await ConnectAsync();
        using var server = await _server.AcceptSocketAsync(Token);

        (await PassAsync(client, server)).ShouldBeTrue();
        (await PassAsync(server, client)).ShouldBeTrue();
    }

    [Fact]
    public async Task Bytes_are_on_their_way_for_as_long_as_is_asked()
    {
        await using var slow = new TcpProxy(() => _targets) { Delay = Moment };
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, slow.Port, Token);
        using var server = await _server.AcceptSocketAsync(Token);
        var sent = Stopwatch.GetTimestamp();

        (await PassAsync(client.Client, server)).ShouldBeTrue();
        (await PassAsync(server, client.Client)).ShouldBeTrue();

        Stopwatch.GetElapsedTime(sent).ShouldBeGreaterThan(2 * Moment - TimeSpan.FromMilliseconds(10));
    }

    [Fact]
    public async Task A_black_hole_holds_bytes_back_and_delivers_them_when_it_ends()
    {
        using var client = await ConnectAsync();
        using var server = await _server.AcceptSocketAsync(Token);

        _proxy.Blackhole();
        await client.SendAsync(new byte[1], Token);
        var arrival = server.ReceiveAsync(new byte[1], Token).AsTask();
        await Should.ThrowAsync<TimeoutException>(() => arrival.WaitAsync(Moment, TimeProvider.System, Token));
        _proxy.Forward();

        (await arrival).ShouldBe(1);
    }

    [Fact]
    public async Task A_black_hole_hides_that_the_other_end_is_gone()
    {
        using var client = await ConnectAsync();
        var server = await _server.AcceptSocketAsync(Token);

        _proxy.Blackhole();
        server.Dispose();
        var end = client.ReceiveAsync(new byte[1], Token).AsTask();
        await Should.ThrowAsync<TimeoutException>(() => end.WaitAsync(Moment, TimeProvider.System, Token));
        _proxy.Forward();

        (await end).ShouldBe(0);
    }

    [Fact]
    public async Task A_connection_made_into_a_black_hole_reaches_the_target_when_it_ends()
    {
        _proxy.Blackhole();
        using var client = await ConnectAsync();
        var accepting = _server.AcceptSocketAsync(Token).AsTask();
        await Should.ThrowAsync<TimeoutException>(() => accepting.WaitAsync(Moment, TimeProvider.System, Token));
        _proxy.Forward();

        using var server = await accepting;
        (await PassAsync(client, server)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_cut_resets_what_is_open_and_lets_new_connections_through()
    {
        using var client = await ConnectAsync();
        using var server = await _server.AcceptSocketAsync(Token);

        _proxy.Cut();

        await Should.ThrowAsync<SocketException>(async () => await client.ReceiveAsync(new byte[1], Token));
        using var next = await ConnectAsync();
        using var nextServer = await _server.AcceptSocketAsync(Token);
        (await PassAsync(next, nextServer)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_target_that_refuses_is_passed_over()
    {
        _targets.Insert(0, FreePort());
        _targets.Add(FreePort());

        for (var connection = 0; connection < 6; connection++)
        {
            using var client = await ConnectAsync();
            using var server = await _server.AcceptSocketAsync(Token);
            (await PassAsync(client, server)).ShouldBeTrue();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _proxy.DisposeAsync();
        _server.Dispose();
    }

    private static async Task<bool> PassAsync(Socket from, Socket to)
    {
        await from.SendAsync("hello"u8.ToArray(), Token);
        var received = new byte[5];
        await to.ReceiveAsync(received, Token);
        return received.AsSpan().SequenceEqual("hello"u8);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, _proxy.Port, Token);
        return socket;
    }
}
