namespace SignalBroker.Client.Tests.Presence;

/// <summary>What one who watches is told.</summary>
public sealed class PresenceWatchTests
{
    private readonly PresenceWatch watch = new(["alice", "bob", "bob"]);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Only_the_latest_state_of_each_watched_user_is_told_and_only_once()
    {
        watch.Tell(Of("bob", PresenceState.Away, 1));
        watch.Tell(Of("bob", PresenceState.Listening, 3));
        watch.Tell(Of("bob", PresenceState.Unknown, 2));
        watch.Tell(Of("carol", PresenceState.Listening, 3));
        (await NextAsync()).ShouldBe([("bob", PresenceState.Listening)]);

        watch.Tell(Of("bob", PresenceState.Listening, 5));
        watch.Tell(Of("alice", PresenceState.Away, 5));
        (await NextAsync()).ShouldBe([("alice", PresenceState.Away)]);
        // It is older than what was known already.
        watch.Tell(Of("bob", PresenceState.Away, 4));
        var next = NextAsync();
        next.IsCompleted.ShouldBeFalse();
        watch.Tell(Of("bob", PresenceState.Away, 6));
        (await next).ShouldBe([("bob", PresenceState.Away)]);
    }

    [Fact]
    public async Task The_end_comes_after_the_last_state()
    {
        var next = watch.NextAsync(Token);
        watch.End(null);
        (await next).ShouldBeNull();
        watch.Tell(Of("bob", PresenceState.Away, 1));
        (await NextAsync()).Count().ShouldBe(1);
        watch.End(new ServerUnreachableException("gone"));
        await Should.ThrowAsync<ServerUnreachableException>(watch.NextAsync(Token));
    }

    private async Task<IEnumerable<(string UserId, PresenceState State)>> NextAsync() =>
        (await watch.NextAsync(Token))!.Select(presence => (presence.UserId, presence.State));

    private static Client.Presence Of(string userId, PresenceState state, int second) =>
        new()
        {
            UserId = userId,
            State = state,
            Devices = [new(null, state, null)],
            AsOf = DateTimeOffset.UnixEpoch.AddSeconds(second),
        };
}
