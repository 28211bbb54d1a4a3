using System.Collections.Concurrent;
using System.Diagnostics;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Failures;

/// <summary>A thousand devices come and go at once, in every way.</summary>
public sealed class RacingTests(FailureCluster cluster) : FailureTests(cluster)
{
    private const int Devices = 1000;
    private const int Ways = 7;

    /// <summary>At once as a rule; what the node did not know yet when it was told to close it, the next sweep closes.</summary>
    private static readonly TimeSpan ClosedWithin = TimeSpan.FromSeconds(60);

    /// <summary>A few sweeps, however busy the machine.</summary>
    private static readonly TimeSpan SettledWithin = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task After_a_thousand_racing_comings_and_goings_sessions_and_queues_agree_exactly()
    {
        var stayed = new ConcurrentBag<Listener>();
        var watch = Stopwatch.StartNew();
        await Parallel.ForEachAsync(
            Enumerable.Range(0, Devices),
            new ParallelOptions { MaxDegreeOfParallelism = 50, CancellationToken = Token },
            async (number, _) => await ComeAndGoAsync(number, stayed)
        );
        Measured($"{Devices} devices came and {Devices - stayed.Count} went in", watch.Elapsed);

        watch.Restart();
        await Cluster.SessionsAgreeWithQueuesAsync(SettledWithin);
        Measured("sessions and queues agree after", watch.Elapsed);
        var sessions = new List<string>();
        foreach (var node in Cluster.Servers.Nodes)
        {
            sessions.AddRange(await Cluster.SessionsOfAsync(node));
        }

        sessions.ShouldBe(stayed.Select(listener => listener.Key), ignoreOrder: true);
        var sender = stayed.First();
        foreach (var (number, receiver) in stayed.Index())
        {
            await Cluster.NextSignalArrivesAsync(number % 2, sender, receiver);
        }

        foreach (var listener in stayed)
        {
            await listener.DisposeAsync();
        }
    }

    private async Task ComeAndGoAsync(int number, ConcurrentBag<Listener> stayed)
    {
        var api = Cluster.ApiOf(number % 2);
        var other = Cluster.ApiOf(1 - (number % 2));
        // The devices of one user do all of this at the same time; one of them stays.
        var session = await api.ConnectAsync($"racer-{number / Ways}");
        switch (number % Ways)
        {
            case 0:
                // Never listens, and says so.
                await other.DisconnectAsync(session);
                break;
            case 1:
                // Is gone before the node has answered anything.
                await using (var socket = await StompSocket.OpenAsync(session.ListeningAddress))
                {
                    await socket.ConnectAsync(session.ListeningKey, session.Passcode);
                }

                break;
            case 2:
                // Is gone while its queue is being declared.
                await using (var socket = await StompSocket.OpenAsync(session.ListeningAddress))
                {
                    await socket.ConnectAsync(session.ListeningKey, session.Passcode);
                    await socket.ExpectAsync("CONNECTED");
                    await socket.ListenAsync(session.ListeningKey);
                    socket.Abort();
                }

                break;
            case 3:
                await (await Listener.StartAsync(session)).DisposeAsync();
                break;
            case 4:
                await using (var listener = await Listener.StartAsync(session))
                {
                    await other.DisconnectAsync(session);
                    await listener.Closed.WaitAsync(ClosedWithin, Token);
                }

                break;
            case 5:
                // Disconnects before, while or after the node lets it in.
                await using (var socket = await StompSocket.OpenAsync(session.ListeningAddress))
                {
                    await socket.ConnectAsync(session.ListeningKey, session.Passcode);
                    await Task.WhenAll(socket.ListenAsync(session.ListeningKey), other.DisconnectAsync(session));
                    // After a denied login RabbitMQ leaves the socket open.
                    while (await socket.ReadAsync(ClosedWithin) is { Command: not "ERROR" })
                    {
                        // Until it closes.
                    }
                }

                break;
            default:
                stayed.Add(await Listener.StartAsync(session));
                break;
        }
    }
}
