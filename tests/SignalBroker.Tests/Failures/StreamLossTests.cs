using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Failures;

/// <summary>What the loss of either side of a stream of events means to its session.</summary>
public sealed class StreamLossTests(FailureCluster cluster) : FailureTests(cluster)
{
    /// <summary>A node that says nothing is given up so soon: two AMQP heart-beats and slack.</summary>
    private static readonly TimeSpan GivenUpWithin = TimeSpan.FromSeconds(35);

    /// <summary>A write that its reader does not take is given up after 15 s.</summary>
    private static readonly TimeSpan ClosedWithin = TimeSpan.FromSeconds(35);

    private const int Senders = 8;

    [Fact]
    public async Task The_streams_of_a_killed_node_end_and_their_users_listen_elsewhere()
    {
        await using var sender = await Cluster.ListenOnAsync(Cluster.Bystander);
        await using var lost = await StreamOnVictimAsync(0);

        await Cluster.Victim.KillAsync();

        (await lost.Ended.WaitAsync(GivenUpWithin, Token)).ShouldBeTrue();
        await Cluster.EverybodySeesAsync(Cluster.Victim, "unreachable", NoticedWithin);
        await using var again = await StreamListener.StartAsync(Cluster.ApiOf(0), lost.Session.UserId);
        await NextSignalArrivesAsync(sender, again);
    }

    [Fact]
    public async Task The_streams_of_a_frozen_node_end_and_none_begins_there()
    {
        await using var lost = await StreamOnVictimAsync(0);
        var early = await Cluster.ConnectOnAsync(Cluster.Victim);
        var late = await Cluster.ConnectOnAsync(Cluster.Victim);

        Cluster.Victim.Pause();

        await IsUnavailableAsync(early);
        await Cluster.EverybodySeesAsync(Cluster.Victim, "unreachable", NoticedWithin);
        await IsUnavailableAsync(late);
        (await lost.Ended.WaitAsync(GivenUpWithin, Token)).ShouldBeTrue();
    }

    [Fact]
    public async Task The_sessions_of_a_killed_webapps_streams_end_and_their_users_listen_through_another()
    {
        await using var sender = await Cluster.ListenOnAsync(Cluster.Bystander);
        await using var lost = await StreamOnVictimAsync(1);
        await using var kept = await StreamOnVictimAsync(0);

        await Cluster.Servers.Webapps[1].KillAsync();

        (await lost.Ended.WaitAsync(GivenUpWithin, Token)).ShouldBeFalse();
        await Eventually.HoldsAsync(async () => (await Cluster.RowOfAsync(lost.Key)).ShouldBeNull(), ReconciledWithin);
        await using var again = await StreamListener.StartAsync(Cluster.ApiOf(0), lost.Session.UserId);
        await NextSignalArrivesAsync(sender, again);
        await NextSignalArrivesAsync(sender, kept);
    }

    [Fact]
    public async Task A_webapp_that_stops_ends_its_streams_in_good_order()
    {
        var webapp = Cluster.Servers.Webapps[1];
        await using var stream = await StreamOnVictimAsync(1);
        await using var another = await StreamListener.StartAsync(Cluster.ApiOf(1));

        await webapp.StopAsync(Token);

        (await stream.Ended).ShouldBeTrue();
        (await another.Ended).ShouldBeTrue();
        await Eventually.HoldsAsync(async () =>
        {
            (await Cluster.RowOfAsync(stream.Key)).ShouldBeNull();
            (await Cluster.RowOfAsync(another.Key)).ShouldBeNull();
        });
        (await File.ReadAllLinesAsync(webapp.LogFile, Token)).ShouldNotContain(line =>
            line.Contains(" fail: ", StringComparison.Ordinal) || line.Contains(" crit: ", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task A_stream_whose_reader_stops_is_broken_off()
    {
        var session = await Cluster.ConnectOnAsync(Cluster.Victim);
        using var stopped = await StopReadingAsync(session);
        var signal = new { to = session.UserId, content = new string('x', 60_000) };
        var outcomes = new ConcurrentDictionary<string, int>();

        // As many as it takes to fill what the network holds.
        await Task.WhenAll(Enumerable.Range(0, Senders).Select(FloodAsync));

        Measured(string.Join(", ", outcomes.Select(outcome => $"{outcome.Value} {outcome.Key}")));
        outcomes.Keys.ShouldContain("overloaded");
        await Eventually.HoldsAsync(async () => (await Cluster.RowOfAsync(session.ListeningKey)).ShouldBeNull());

        async Task FloodAsync(int number)
        {
            await using var sender = await Cluster.ListenOnAsync(Cluster.Bystander);
            await Eventually.HoldsAsync(
                async () =>
                {
                    var answer = await Cluster.ApiOf(number % 2).ExchangeAsync(sender.Session, signal);
                    var outcome = answer.OutcomeOrCode;
                    outcomes.AddOrUpdate(outcome, 1, (_, count) => count + 1);
                    outcome.ShouldBe("user-not-listening");
                },
                ClosedWithin
            );
        }
    }

    private async Task<StreamListener> StreamOnVictimAsync(int webapp) =>
        await StreamListener.StartAsync(Cluster.ApiOf(webapp), await Cluster.ConnectOnAsync(Cluster.Victim));

    private async Task IsUnavailableAsync(ConnectedSession session)
    {
        var answer = await Cluster
            .ApiOf(0)
            .SendAsync(new HttpRequestMessage(HttpMethod.Get, "/listen"), session.Authorization);
        answer.Status.ShouldBe(HttpStatusCode.ServiceUnavailable, answer.Body);
        answer.Code.ShouldBe("node-unavailable");
        answer.Headers.RetryAfter.ShouldNotBeNull();
    }

    private async Task NextSignalArrivesAsync(Listener sender, StreamListener receiver)
    {
        var answer = await Cluster
            .ApiOf(0)
            .ExchangeAsync(sender.Session, new { toSession = receiver.Key, content = "next" });
        answer.Outcomes.ShouldBe([(receiver.Key, "queued")]);
        (await receiver.ReceiveAsync()).GetProperty("content").GetString().ShouldBe("next");
    }

    /// <summary>Begins to listen, with little room for what comes, and then reads nothing any more.</summary>
    private async Task<Socket> StopReadingAsync(ConnectedSession session)
    {
        var address = Cluster.ApiOf(0).Address;
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            ReceiveBufferSize = 4096,
        };
        await socket.ConnectAsync(IPAddress.Parse(address.Host), address.Port, Token);
        await socket.SendAsync(
            Encoding.ASCII.GetBytes(
                $"GET /listen HTTP/1.1\r\nHost: {address.Authority}\r\nAuthorization: {session.Authorization}\r\n\r\n"
            ),
            Token
        );
        var buffer = new byte[2048];
        var answer = "";
        while (!answer.Contains(": listening", StringComparison.Ordinal))
        {
            var received = await socket.ReceiveAsync(buffer, Token);
            received.ShouldBeGreaterThan(0);
            answer += Encoding.ASCII.GetString(buffer, 0, received);
        }

        return socket;
    }
}
