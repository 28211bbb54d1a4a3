using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.BrokerAccess;

/// <summary>What a session that has logged in may not do: everything but listening on its own queue.</summary>
public sealed class DeniedFramesTests(TestCluster cluster)
{
    public static TheoryData<string> Destinations =>
        [
            "/queue/{other}",
            "/queue/denied-{own}",
            "/queue/signalbroker.events",
            "/amq/queue/{other}",
            "/amq/queue/signalbroker.events",
            "/exchange/amq.topic/x",
            "/exchange/amq.direct/{other}",
            "/exchange/amq.fanout",
            "/exchange/amq.rabbitmq.event/#",
            "/exchange/signals/{own}",
            "/topic/x",
            "/temp-queue/x",
            "/reply-queue/{other}",
        ];

    [Theory]
    [MemberData(nameof(Destinations))]
    [InlineData("/queue/{own}")]
    [InlineData("/amq/queue/{own}")]
    public async Task Sending_through_the_socket_is_denied(string destination)
    {
        await using var other = await Listener.StartAsync(cluster.Api);
        await using var own = await Listener.StartAsync(cluster.Api);

        await own.Socket.SendAsync("SEND", [("destination", Fill(destination, own, other))], "junk");

        await RefusedAsync(own);
        await NothingHappenedAsync(own, other);
    }

    [Theory]
    [MemberData(nameof(Destinations))]
    public async Task Subscribing_to_anything_else_is_denied(string destination)
    {
        await using var other = await Listener.StartAsync(cluster.Api);
        await using var own = await Listener.StartAsync(cluster.Api);

        await own.Socket.SendAsync(
            "SUBSCRIBE",
            [("id", "1"), ("destination", Fill(destination, own, other)), ("receipt", "denied")]
        );

        await RefusedAsync(own);
        await NothingHappenedAsync(own, other);
    }

    [Theory]
    [InlineData("reply-to", "/temp-queue/x")]
    [InlineData("user-id", "somebody-else")]
    [InlineData("CC", "{other}")]
    [InlineData("BCC", "{other}")]
    public async Task Headers_open_no_other_way(string name, string value)
    {
        await using var other = await Listener.StartAsync(cluster.Api);
        await using var own = await Listener.StartAsync(cluster.Api);

        await own.Socket.SendAsync(
            "SEND",
            [("destination", $"/queue/{own.Key}"), (name, value.Replace("{other}", other.Key))],
            "junk"
        );

        await RefusedAsync(own);
        await NothingHappenedAsync(own, other);
    }

    [Fact]
    public async Task A_queue_name_of_the_subscribers_choice_is_denied()
    {
        await using var other = await Listener.StartAsync(cluster.Api);
        await using var own = await Listener.StartAsync(cluster.Api);

        await own.Socket.SendAsync(
            "SUBSCRIBE",
            [("id", "1"), ("destination", "/exchange/amq.topic/#"), ("x-queue-name", other.Key), ("receipt", "denied")]
        );

        await RefusedAsync(own);
        await NothingHappenedAsync(own, other);
    }

    private static string Fill(string destination, Listener own, Listener other) =>
        destination.Replace("{own}", own.Key).Replace("{other}", other.Key);

    // A denied frame is answered by an ERROR frame or by closing the socket, never by a RECEIPT or a MESSAGE.
    private static async Task RefusedAsync(Listener own) =>
        (await own.Socket.ReadAsync() is null or { Command: "ERROR" }).ShouldBeTrue();

    private async Task NothingHappenedAsync(Listener own, Listener other)
    {
        // Anything that had reached the other would have come before this.
        await cluster.Api.ExchangeAsync(other.Session, new { toSession = other.Key, content = "own" });
        (await other.ReceiveAsync()).GetProperty("content").GetString().ShouldBe("own");

        foreach (var node in cluster.Servers.Nodes)
        {
            (await new Management(node).HasQueueAsync($"denied-{own.Key}")).ShouldBeFalse(node.Name);
        }
    }
}
