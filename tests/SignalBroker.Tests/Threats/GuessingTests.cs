using System.Diagnostics;
using System.Net.WebSockets;
using SignalBroker.LocalCluster;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Threats;

/// <summary>A stranger guesses passcodes, as fast as one socket lets it, and fills the node's log with it.</summary>
public sealed class GuessingTests(TestCluster cluster)
{
    private const double MaxPerSecond = 2;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_socket_has_two_guesses_a_second_until_it_is_closed()
    {
        var session = await cluster.Api.ConnectAsync();
        await using var socket = await StompSocket.OpenAsync(session.ListeningAddress);
        var watch = Stopwatch.StartNew();
        var guesses = 0;
        while (watch.Elapsed < Patience && !socket.Closed.IsCompleted)
        {
            (await GuessAsync(socket, session.ListeningKey)).ShouldBeFalse();
            guesses++;
        }

        watch.Elapsed.ShouldBeLessThan(Patience);
        guesses.ShouldBeLessThanOrEqualTo(1 + (int)(watch.Elapsed.TotalSeconds * MaxPerSecond));
        (await ReadLogAsync(cluster.NodeOf(session))).ShouldNotContain(session.ListeningKey);
    }

    [Fact]
    public async Task A_second_CONNECT_leaves_neither_passcode_in_the_nodes_log()
    {
        var (own, other) = (await cluster.Api.ConnectAsync(), await cluster.Api.ConnectAsync());
        await using var socket = await StompSocket.OpenAsync(own.ListeningAddress);
        (await socket.TryConnectAsync(own.ListeningKey, own.Passcode)).ShouldBeTrue();

        await socket.ConnectAsync(other.ListeningKey, other.Passcode);

        await socket.Closed.WaitAsync(Patience, TestContext.Current.CancellationToken);
        var log = await ReadLogAsync(cluster.NodeOf(own));
        log.ShouldNotContain(own.Passcode);
        log.ShouldNotContain(other.Passcode);
    }

    /// <summary>The node's log, with all that it has noted until now.</summary>
    private static async Task<string> ReadLogAsync(Node node)
    {
        var marker = $"marked-{Guid.NewGuid():N}";
        await node.RunCtlAsync("eval", $"logger:warning(\"{marker}\").");
        var log = "";
        await Eventually.HoldsAsync(async () =>
        {
            log = await File.ReadAllTextAsync(node.LogFile, TestContext.Current.CancellationToken);
            log.ShouldContain(marker);
        });
        return log;
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
}
