using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using SignalBroker.Identity;
using SignalBroker.Presence;
using SignalBroker.Rooms;
using SignalBroker.Sessions;
using SignalBroker.Tests.Harness;
using SignalBroker.Visibility;

namespace SignalBroker.Tests.Rooms;

/// <summary>The database is asked about the members who are hidden, and about the others only when nothing is remembered.</summary>
public sealed class HiddenFanOutTests(TestCluster cluster)
{
    // Everybody has a second session of which the memory has not heard.
    [Theory]
    [InlineData(nameof(PresenceVisibility.Everyone), 3)]
    [InlineData(nameof(PresenceVisibility.SameRoom), 3)]
    [InlineData(nameof(PresenceVisibility.Nobody), 4)]
    public async Task Only_the_sessions_of_anonymous_members_are_read_from_the_database(string rule, int found)
    {
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        using var directory = new SessionDirectory(new SessionStore(cluster.Database, []), clock);
        var visibility = new VisibilityPolicy(
            new VisibilityStore(cluster.Database),
            Options.Create(new VisibilityOptions { Visibility = Enum.Parse<PresenceVisibility>(rule) })
        );
        // Nothing is published.
        var fanOut = new RoomFanOut(
            directory,
            nodes: null!,
            limiter: null!,
            queue: null!,
            visibility,
            metrics: null!,
            NullLogger<RoomFanOut>.Instance
        );
        await using var alice = await Listener.StartAsync(cluster.Api);
        await using var bob = await Listener.StartAsync(cluster.Api, $"bob-{Guid.NewGuid()}");
        await using var fox = await Listener.StartAsync(cluster.Api, $"fox-{Guid.NewGuid()}");
        foreach (var key in (string[])[alice.Key, bob.Key, fox.Key])
        {
            await Eventually.HoldsAsync(async () => (await directory.FindNowAsync(key))!.Ack.ShouldBeTrue());
        }

        RoomMember[] members =
        [
            new() { MemberId = "m.bob", UserId = bob.Session.UserId },
            new()
            {
                MemberId = "m.fox",
                UserId = fox.Session.UserId,
                Anonymous = true,
            },
        ];
        var sender = (await directory.FindNowAsync(alice.Key))!;
        directory.HeardUntil(clock.GetTimestamp());
        (await fanOut.FindAsync(members, sender)).Sessions.ShouldBe(2);
        await using var bobAgain = await Listener.StartAsync(cluster.Api, bob.Session.UserId);
        await using var foxAgain = await Listener.StartAsync(cluster.Api, fox.Session.UserId);

        var audience = await fanOut.FindHiddenAsync(members, sender);

        audience.Sessions.ShouldBe(found);
    }
}
