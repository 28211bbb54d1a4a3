using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Threats;

/// <summary>Who floods through a socket is slowed down and then closed, and the others do not feel it.</summary>
public sealed class SocketFloodTests(StrictServers strict) : IClassFixture<StrictServers>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_sender_that_is_too_quick_is_told_so_and_stays()
    {
        await using var sender = await Listener.StartAsync(strict.Api);
        const int TooMany = 3 * StrictServers.SignalsPerSecond;

        for (var number = 0; number < TooMany; number++)
        {
            await sender.SendAsync(
                new
                {
                    id = $"{number}",
                    to = "nobody",
                    content = number,
                }
            );
        }

        var codes = new List<string?>();
        for (var number = 0; number < TooMany; number++)
        {
            var error = (await sender.ReceiveAsync()).GetProperty("content");
            error.GetProperty("id").GetString().ShouldBe($"{number}");
            codes.Add(error.GetProperty("code").GetString());
            if (codes[^1] == "too-many-requests")
            {
                error.GetProperty("retryAfter").GetInt32().ShouldBeGreaterThan(0);
            }
        }

        codes.ShouldContain("too-many-requests");
        codes
            .Count(code => code == "user-not-listening")
            .ShouldBeGreaterThanOrEqualTo(2 * StrictServers.SignalsPerSecond);
        await Eventually.HoldsAsync(async () =>
        {
            await sender.SendAsync(
                new
                {
                    id = "later",
                    to = "nobody",
                    content = 1,
                }
            );
            var error = (await sender.ReceiveAsync()).GetProperty("content");
            error.GetProperty("code").GetString().ShouldBe("user-not-listening");
        });
    }

    [Fact]
    public async Task A_sender_that_goes_on_is_closed_and_recorded()
    {
        await using var flooding = await Listener.StartAsync(strict.Api);
        await using var receiver = await Listener.StartAsync(strict.Api);
        await using var neighbour = await Listener.StartAsync(strict.Api);

        var flood = FloodAsync(flooding, receiver);

        for (var number = 0; number < StrictServers.SignalsPerSecond; number++)
        {
            await neighbour.SendAsync(
                new
                {
                    id = $"{number}",
                    toSession = neighbour.Key,
                    content = number,
                }
            );
            (await neighbour.ReceiveAsync()).GetProperty("content").GetInt32().ShouldBe(number);
            (await neighbour.ReceiveAsync()).GetProperty("type").GetString().ShouldBe("outcome");
        }

        await flooding.Closed.WaitAsync(Patience, TestContext.Current.CancellationToken);
        await flood;
        var row = await StrangeRows.ExpectAsync(strict.Internal, "socketFlood", flooding.Key);
        row.UserId.ShouldBe(flooding.Session.UserId);
        row.Node.ShouldBe(strict.Servers.Nodes[0].Name);
        await Eventually.HoldsAsync(async () =>
            (
                await strict.Api.ExchangeAsync(neighbour.Session, new { toSession = flooding.Key, content = 1 })
            ).Code.ShouldBe("user-not-listening")
        );
    }

    [Fact]
    public async Task What_has_waited_for_a_webapp_is_no_flood()
    {
        const int Many = 10 * StrictServers.SignalsPerSecond;
        await using var sender = await Listener.StartAsync(strict.Api);
        var webapp = strict.Servers.Webapps[0];
        // From now on the node knows that it may send.
        await SendAsync(-1);
        (await sender.ReceiveAsync()).GetProperty("type").GetString().ShouldBe("error");
        await webapp.StopAsync(TestContext.Current.CancellationToken);

        for (var number = 0; number < Many; number++)
        {
            await SendAsync(number);
        }

        await webapp.StartAsync(TestContext.Current.CancellationToken);
        for (var number = 0; number < Many; number++)
        {
            var error = (await sender.ReceiveAsync()).GetProperty("content");
            error.GetProperty("id").GetString().ShouldBe($"{number}");
        }

        await Eventually.HoldsAsync(async () =>
        {
            await SendAsync(Many);
            var error = (await sender.ReceiveAsync()).GetProperty("content");
            error.GetProperty("code").GetString().ShouldBe("user-not-listening");
        });

        Task SendAsync(int number) =>
            sender.SendAsync(
                new
                {
                    id = $"{number}",
                    to = "nobody",
                    content = number,
                }
            );
    }

    private static async Task FloodAsync(Listener flooding, Listener receiver)
    {
        try
        {
            for (var number = 0; number < 20_000 && !flooding.Closed.IsCompleted; number++)
            {
                await flooding.SendAsync(
                    new
                    {
                        id = $"{number}",
                        toSession = receiver.Key,
                        content = number,
                    }
                );
            }
        }
        catch (Exception lost) when (lost is System.Net.WebSockets.WebSocketException or OperationCanceledException)
        {
            // Closed in the middle of it.
        }
    }
}
