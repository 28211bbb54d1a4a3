using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Failures;

/// <summary>What the loss of webapps means: to requests a little, to sockets nothing.</summary>
public sealed class WebappLossTests(FailureCluster cluster) : FailureTests(cluster)
{
    [Fact]
    public async Task A_webapp_killed_amid_signals_loses_none_that_was_queued_and_no_socket()
    {
        await using var sender = await Cluster.ListenOnAsync(Cluster.Victim);
        await using var receiver = await Cluster.ListenOnAsync(Cluster.Bystander);
        var used = 0;
        var traffic = Traffic.Start(_ => Cluster.ApiOf(Volatile.Read(ref used)), sender, receiver);
        await traffic.FlowsAsync(20);

        await Cluster.Servers.Webapps[0].KillAsync();

        Volatile.Write(ref used, 1);
        await traffic.FlowsAsync(20);
        await Cluster.Servers.Webapps[0].StartAsync(Token);
        Volatile.Write(ref used, 0);
        await traffic.FlowsAsync(20);
        var sent = await traffic.StopAsync();
        sent.Count(signal => signal.Outcome == "noAnswer").ShouldBeLessThan(20);
        sent.ShouldAllBe(signal => signal.Outcome == "queued" || signal.Outcome == "noAnswer");
        await Cluster.NextSignalArrivesAsync(0, receiver, sender);
    }

    [Fact]
    public async Task A_webapp_killed_amid_events_loses_and_duplicates_no_session()
    {
        var listeners = new ConcurrentBag<Listener>();
        var connecting = Parallel.ForEachAsync(
            Enumerable.Range(0, 150),
            new ParallelOptions { MaxDegreeOfParallelism = 12, CancellationToken = Token },
            async (number, _) =>
            {
                var listener = await ListenAtLastAsync();
                if (number % 3 == 0)
                {
                    await listener.DisposeAsync();
                }
                else
                {
                    listeners.Add(listener);
                }
            }
        );
        await Eventually.HoldsAsync(() =>
        {
            listeners.Count.ShouldBeGreaterThan(30);
            return Task.CompletedTask;
        });

        await Cluster.Servers.Webapps[0].KillAsync();

        await connecting;
        await Cluster.SessionsAgreeWithQueuesAsync(ReconciledWithin);
        var sessions = new List<string>();
        foreach (var node in Cluster.Servers.Nodes)
        {
            sessions.AddRange(await Cluster.SessionsOfAsync(node));
        }

        sessions.ShouldBe(listeners.Select(listener => listener.Key), ignoreOrder: true);
        var sender = listeners.First();
        foreach (var receiver in listeners)
        {
            await Cluster.NextSignalArrivesAsync(1, sender, receiver);
        }

        foreach (var listener in listeners)
        {
            await listener.DisposeAsync();
        }
    }

    [Fact]
    public async Task Sockets_outlive_ten_seconds_without_any_webapp()
    {
        var listeners = new List<Listener>();
        for (var number = 0; number < 4; number++)
        {
            listeners.Add(await Cluster.ListenOnAsync(Cluster.Servers.Nodes[number % 2]));
        }

        // Connected in time, but too late to listen.
        var late = await Cluster.ApiOf(0).ConnectAsync();

        await Task.WhenAll(Cluster.Servers.Webapps[0].KillAsync(), Cluster.Servers.Webapps[1].KillAsync());

        await listeners[0].DisposeAsync();
        await listeners[1].DisposeAsync();
        using (var timer = new PeriodicTimer(TimeSpan.FromSeconds(2)))
        {
            for (var tick = 0; tick < 5; tick++)
            {
                await IsRefusedAsync(late);
                await timer.WaitForNextTickAsync(Token);
            }
        }

        foreach (var webapp in Cluster.Servers.Webapps)
        {
            await webapp.StartAsync(Token);
        }

        await Cluster.SessionsAgreeWithQueuesAsync(ReconciledWithin);
        (await Cluster.RowOfAsync(listeners[0].Key)).ShouldBeNull();
        (await Cluster.RowOfAsync(listeners[1].Key)).ShouldBeNull();
        for (var webapp = 0; webapp < 2; webapp++)
        {
            await Cluster.NextSignalArrivesAsync(webapp, listeners[2], listeners[3]);
            await Cluster.NextSignalArrivesAsync(webapp, listeners[3], listeners[2]);
        }

        await listeners[2].DisposeAsync();
        await listeners[3].DisposeAsync();
    }

    [Fact]
    public async Task A_webapp_that_stops_finishes_what_it_has_begun_and_loses_no_event()
    {
        var webapp = Cluster.Servers.Webapps[0];
        await using var sender = await Cluster.ListenOnAsync(Cluster.Victim);
        await using var receiver = await Cluster.ListenOnAsync(Cluster.Bystander);
        var leaver = await Cluster.ListenOnAsync(Cluster.Victim);
        var content = JsonSerializer.Serialize(new { to = receiver.Session.UserId, content = "the last one" });
        using var client = new TcpClient();
        await client.ConnectAsync(Cluster.ApiOf(0).Address.Host, Cluster.ApiOf(0).Address.Port, Token);
        var stream = client.GetStream();
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes(
                $"POST /exchange HTTP/1.1\r\nHost: localhost\r\nAuthorization: {sender.Session.Authorization}\r\n"
                    + $"Content-Type: application/json\r\nContent-Length: {content.Length}\r\nExpect: 100-continue\r\n\r\n"
            ),
            Token
        );
        using var reader = new StreamReader(stream, Encoding.UTF8);
        // The webapp asks for the body: the request is in flight.
        (await reader.ReadLineAsync(Token)).ShouldBe("HTTP/1.1 100 Continue");
        await reader.ReadLineAsync(Token);

        var stopping = webapp.StopAsync(Token);

        await Eventually.HoldsAsync(RefusesConnectionsAsync);
        await leaver.DisposeAsync();
        await using var newcomer = await Cluster.ListenOnAsync(Cluster.Victim, webapp: 1);
        stopping.IsCompleted.ShouldBeFalse();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(content), Token);
        (await reader.ReadLineAsync(Token)).ShouldBe("HTTP/1.1 200 OK");
        await stopping;
        (await receiver.ReceiveAsync()).GetProperty("content").GetString().ShouldBe("the last one");
        (await File.ReadAllLinesAsync(webapp.LogFile, Token)).ShouldNotContain(line =>
            line.Contains(" fail: ", StringComparison.Ordinal) || line.Contains(" crit: ", StringComparison.Ordinal)
        );
        await Cluster.SessionsAgreeWithQueuesAsync(ReconciledWithin);
        (await Cluster.RowOfAsync(leaver.Key)).ShouldBeNull();
        await Cluster.NextSignalArrivesAsync(1, sender, newcomer);

        async Task RefusesConnectionsAsync()
        {
            using var other = new TcpClient();
            await Should.ThrowAsync<SocketException>(() =>
                other.ConnectAsync(Cluster.ApiOf(0).Address.Host, Cluster.ApiOf(0).Address.Port)
            );
        }
    }

    // A node whose question the killed webapp did not answer denies the login; a browser calls /connect again then.
    private async Task<Listener> ListenAtLastAsync()
    {
        while (true)
        {
            var session = await Cluster.ApiOf(1).ConnectAsync();
            var socket = await StompSocket.OpenAsync(session.ListeningAddress);
            await socket.ConnectAsync(session.ListeningKey, session.Passcode);
            if (await socket.ReadAsync() is { Command: "CONNECTED" })
            {
                await socket.ListenAsync(session.ListeningKey);
                if (await socket.ReadAsync() is { Command: "RECEIPT" })
                {
                    return new Listener(session, socket);
                }
            }

            await socket.DisposeAsync();
        }
    }

    private static async Task IsRefusedAsync(ConnectedSession session)
    {
        await using var socket = await StompSocket.OpenAsync(session.ListeningAddress);
        await socket.ConnectAsync(session.ListeningKey, session.Passcode);
        (await socket.ReadAsync())?.Command.ShouldBe("ERROR");
    }
}
