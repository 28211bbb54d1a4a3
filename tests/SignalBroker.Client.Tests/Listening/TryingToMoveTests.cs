using System.Threading.Channels;
using SignalBroker.Client.Listening;
using SignalBroker.Client.Tests.Harness;

namespace SignalBroker.Client.Tests.Listening;

/// <summary>How often, and for how long, a client tries to move.</summary>
public sealed class TryingToMoveTests : IDisposable
{
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(1);

    private readonly ManualClock clock = new();
    private readonly Channel<TaskCompletionSource> tries = Channel.CreateUnbounded<TaskCompletionSource>();
    private readonly Wire wire;
    private readonly ListeningSession old;
    private readonly Move move;
    private bool hasOtherWay;

    public TryingToMoveTests()
    {
        wire = new Wire(clock);
        old = new(new(new("alice", null, "s.a", "ws://127.0.0.1/ws"), "", new([], null)), wire);
        move = new Move(old, TryAsync, () => hasOtherWay, Within, clock);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => wire.Dispose();

    [Fact]
    public async Task It_is_over_when_a_successor_has_taken_over()
    {
        var moving = move.RunAsync();
        (await tries.Reader.ReadAsync(Token)).SetResult();

        await moving.WaitAsync(Token);
        wire.Ended.ShouldBeNull();
    }

    [Fact]
    public async Task It_is_tried_again_as_late_as_the_server_asks_until_the_time_is_over()
    {
        _ = move.RunAsync();
        await FailAsync(NoNode);
        await clock.HasTimersAsync(1);
        clock.Advance(TimeSpan.FromSeconds(5) - Moment);
        tries.Reader.Count.ShouldBe(0);
        clock.Advance(BackOff.First + Moment);

        await FailAsync(NoNode);
        await Until.HoldsAsync(() => !move.Tries(old));
        clock.Advance(TimeSpan.FromHours(1));
        tries.Reader.Count.ShouldBe(0);
        wire.Ended.ShouldBeNull();
    }

    [Fact]
    public async Task Another_way_needs_no_wait()
    {
        hasOtherWay = true;
        var moving = move.RunAsync();
        await FailAsync(new ListeningFailedException("Something blocks it."));

        (await tries.Reader.ReadAsync(Token)).SetResult();
        await moving.WaitAsync(Token);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_session_is_lost_that_has_moved_to_one_that_never_listened(bool whileItIsTried)
    {
        var moving = move.RunAsync();
        var first = await tries.Reader.ReadAsync(Token);
        if (whileItIsTried)
        {
            move.Hear(new("moved") { By = "one", Of = 2 });
        }

        wire.Ended.ShouldBeNull();
        first.SetException(NoNode);
        if (!whileItIsTried)
        {
            await clock.HasTimersAsync(1);
            move.Hear(new("moved") { By = "one", Of = 2 });
        }

        await moving.WaitAsync(Token);
        wire.Ended!.Code.ShouldBe(SignalBrokerCode.ListeningLost);
    }

    [Fact]
    public async Task Nothing_is_tried_any_more_when_it_is_stopped()
    {
        var moving = move.RunAsync();
        await tries.Reader.ReadAsync(Token);
        move.Stop();

        await moving.WaitAsync(Token);
        wire.Ended.ShouldBeNull();
    }

    [Fact]
    public async Task A_handler_that_throws_is_told()
    {
        var moving = move.RunAsync();
        (await tries.Reader.ReadAsync(Token)).SetException(new InvalidDataException("mine"));

        (await Should.ThrowAsync<InvalidDataException>(moving.WaitAsync(Token))).Message.ShouldBe("mine");
    }

    private static ServerRefusedException NoNode =>
        ServerRefusedException.Of(new(503, SignalBrokerCode.NoNodeAvailable, "No.", TimeSpan.FromSeconds(5)));

    private async Task FailAsync(SignalBrokerException failure) =>
        (await tries.Reader.ReadAsync(Token)).SetException(failure);

    private Task TryAsync(ListeningSession session, Markers markers, CancellationToken stop)
    {
        session.ShouldBeSameAs(old);
        var result = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        tries.Writer.TryWrite(result);
        return result.Task.WaitAsync(stop);
    }
}
