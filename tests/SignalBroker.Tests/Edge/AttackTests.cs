using System.Diagnostics;
using System.Net.WebSockets;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Edge;

[Collection(nameof(HaproxyCollection))]
public sealed class HaproxyAttackTests(HaproxyServers edge) : AttackTests(edge);

[Collection(nameof(NginxCollection))]
public sealed class NginxAttackTests(NginxServers edge) : AttackTests(edge);

/// <summary>What is tried against a node directly in Threats, through a proxy: how much the nodes grow by it.</summary>
public abstract class AttackTests(EdgeServers edge)
{
    // In MiB of resident memory.
    private const int MaxOfSocket = 32;
    private const int MaxOfAddress = 256;

    private const long Limit = 128 * 1024 * 1024;

    private const double GuessesPerSecond = 2;

    private static readonly TimeSpan Sampling = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly string Piece = new('x', 16_000);

    private readonly Api api = edge.ApiFrom(EdgeServers.NewAddress());

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Node => edge.Servers.Nodes[0].PublicListeningAddress;

    [Theory]
    [InlineData("CONNECT\naccept-version:")]
    [InlineData("SEND\ncontent-length:9999999999\n\n")]
    public async Task A_stranger_who_never_ends_a_frame_is_closed(string begin) =>
        (await GrownAsync(begin, () => NeverEndAsync(begin))).ShouldBeLessThan(MaxOfSocket);

    [Theory]
    [InlineData(16_000)]
    [InlineData(1)]
    public async Task A_session_that_never_commits_is_closed(int size) =>
        (await GrownAsync($"never commits {size}", () => NeverCommitAsync(size))).ShouldBeLessThan(MaxOfSocket);

    [Theory]
    [InlineData("CONNECT\naccept-version:")]
    [InlineData("SEND\ncontent-length:9999999999\n\n")]
    public async Task All_strangers_of_an_address_together_are_bounded(string begin) =>
        (await GrownAsync($"all: {begin}", () => AllAsync(() => NeverEndAsync(begin)))).ShouldBeLessThan(MaxOfAddress);

    [Fact]
    public async Task All_sessions_of_an_address_together_are_bounded() =>
        (await GrownAsync("all: never commits 1", () => AllAsync(() => NeverCommitAsync(1)))).ShouldBeLessThan(
            MaxOfAddress
        );

    [Fact]
    public async Task Mute_sockets_are_closed_and_the_address_may_open_others()
    {
        var sockets = await Task.WhenAll(
            Enumerable.Range(0, EdgeServers.SocketsPerAddress).Select(_ => StompSocket.OpenAsync(Node, api.Through))
        );

        await Task.WhenAll(sockets.Select(socket => socket.Closed)).WaitAsync(Patience, Token);

        await using var another = await Listener.StartStompAsync(await api.ConnectAsync(), api.Through);
        await Task.WhenAll(sockets.Select(socket => socket.DisposeAsync().AsTask()));
    }

    [Fact]
    public async Task A_socket_has_two_guesses_a_second_until_it_is_closed()
    {
        var session = await api.ConnectAsync();
        await using var socket = await StompSocket.OpenAsync(session.ListeningAddress, api.Through);
        var watch = Stopwatch.StartNew();
        var guesses = 0;
        while (watch.Elapsed < Patience && !socket.Closed.IsCompleted)
        {
            (await GuessAsync(socket, session.ListeningKey)).ShouldBeFalse();
            guesses++;
        }

        watch.Elapsed.ShouldBeLessThan(Patience);
        guesses.ShouldBeLessThanOrEqualTo(1 + (int)(watch.Elapsed.TotalSeconds * GuessesPerSecond));
    }

    // As many as the address may at once.
    private static Task AllAsync(Func<Task> attack) =>
        Task.WhenAll(Enumerable.Range(0, EdgeServers.SocketsPerAddress).Select(_ => attack()));

    private async Task NeverEndAsync(string begin)
    {
        await using var socket = await StompSocket.OpenAsync(Node, api.Through);
        await socket.SendTextAsync(begin);
        (await socket.FloodAsync(Piece, Limit)).ShouldBeLessThan(Limit);
        await socket.Closed.WaitAsync(Patience, Token);
    }

    private async Task NeverCommitAsync(int size)
    {
        await using var listener = await Listener.StartStompAsync(await api.ConnectAsync(), api.Through);
        await listener.Socket.SendAsync("BEGIN", [("transaction", "t")]);
        var send = StompFrame.Write(
            "SEND",
            [("destination", $"/exchange/signals/{listener.Key}"), ("transaction", "t")],
            new string('x', size)
        );
        (await listener.Socket.FloodAsync(send, Limit)).ShouldBeLessThan(Limit);
        await listener.Closed.WaitAsync(Patience, Token);
    }

    private static async Task<bool> GuessAsync(StompSocket socket, string key)
    {
        try
        {
            await socket.ConnectAsync(key, "a wrong one");
            return await socket.ReadAsync() is { Command: "CONNECTED" };
        }
        catch (WebSocketException)
        {
            return false;
        }
    }

    /// <summary>By how many MiB the nodes have grown at most, all together.</summary>
    private async Task<int> GrownAsync(string what, Func<Task> attack)
    {
        foreach (var node in edge.Servers.Nodes)
        {
            await node.RunCtlAsync("force_gc");
        }

        var before = Resident();
        var watch = Stopwatch.StartNew();
        var attacking = attack();
        var most = before;
        do
        {
            most = Math.Max(most, Resident());
            await Task.WhenAny(attacking, Task.Delay(Sampling, TimeProvider.System, Token));
        } while (!attacking.IsCompleted);

        await attacking;
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{edge.GetType().Name}, {what.Trim()}: {most - before} MiB, {watch.Elapsed.TotalSeconds:0.0} s"
        );
        return most - before;
    }

    private int Resident() => edge.Servers.Nodes.Sum(ResidentMemory.Of);
}
