using System.Text.Json;
using SignalBroker.Broker;
using SignalBroker.Push;
using SignalBroker.Rooms;
using SignalBroker.Tests.Harness;
using SignalBroker.Tests.Rooms;

namespace SignalBroker.Tests.Threats;

/// <summary>Whoever sends through sockets what is answered slowly does not keep the others of the node waiting.</summary>
[Collection<UsualLimitsCollection>]
public sealed class CrowdedSocketsTests(UsualLimits limits)
{
    private const int Slow = 6;
    private const int Burst = 100;

    // Of signals of which each sender's are answered one after the other, at moments 50 ms apart, a webapp takes 256 at a time.
    private const int Places = 256;

    private readonly Api api = new(limits.Servers.Webapps[0].PublicAddress);

    [Fact]
    public async Task Another_sender_is_answered_before_them()
    {
        var token = TestContext.Current.CancellationToken;
        var slow = await Task.WhenAll(Enumerable.Range(0, Slow).Select(_ => StartSlowAsync()));
        await using var bob = await Listener.StartAsync(api);
        var stored = 0;
        var refused = new List<JsonElement>();

        var answered = slow.Select(sender => Task.Run(() => ReadAsync(sender.Listener), token)).ToArray();
        await Task.WhenAll(slow.Select(sender => SendAsync(sender.Listener, sender.Room)));
        await bob.SendAsync("""{"id": "1", "to": "nobody", "content": 1}""");
        var own = (await bob.ReceiveAsync()).GetProperty("content");
        var before = Volatile.Read(ref stored);

        own.GetProperty("code").GetString().ShouldBe("user-not-listening");
        before.ShouldBeLessThan((Slow * Burst) - Places);
        await Task.WhenAll(answered);
        refused.ShouldNotBeEmpty();
        refused.ShouldAllBe(error =>
            error.GetProperty("code").GetString() == "too-many-requests"
            && error.GetProperty("retryAfter").GetInt32() > 0
        );
        foreach (var sender in slow)
        {
            await sender.Listener.DisposeAsync();
        }

        async Task ReadAsync(Listener sender)
        {
            for (var answers = 0; answers < Burst; )
            {
                var signal = await sender.ReceiveAsync();
                switch (signal.GetProperty("type").GetString())
                {
                    case "outcome":
                        answers++;
                        Interlocked.Increment(ref stored);
                        break;
                    case "error":
                        answers++;
                        lock (refused)
                        {
                            refused.Add(signal.GetProperty("content"));
                        }

                        break;
                }
            }
        }
    }

    [Theory]
    [InlineData(1, 170)]
    [InlineData(6, 64)]
    [InlineData(100, 4)]
    public void However_many_take_what_they_can_some_places_stay_free(int senders, int free)
    {
        var unsettled = new Unsettled(Places);
        var left = Places;

        for (var round = 0; round < Places; round++)
        {
            for (var sender = 0; sender < senders; sender++)
            {
                if (!unsettled.Crowds($"s.{sender}"))
                {
                    unsettled.Add($"s.{sender}");
                    left--;
                }
            }
        }

        left.ShouldBe(free);
    }

    private async Task<(Listener Listener, string Room)> StartSlowAsync()
    {
        var session = await api.ConnectAsync();
        var room = (await api.CreateRoomAsync(session)).Text("room")!;
        await api.JoinRoomAsync(await api.ConnectAsync(), room, new { anonymous = true });
        return (await Listener.StartAsync(session), room);
    }

    private static async Task SendAsync(Listener sender, string toRoom)
    {
        for (var number = 0; number < Burst; number++)
        {
            await sender.SendAsync(
                new
                {
                    id = $"{number}",
                    toRoom,
                    content = number,
                    store = "always",
                }
            );
        }
    }
}
