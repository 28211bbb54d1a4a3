using System.Collections.Concurrent;
using System.Text;
using SignalBroker.Client.Listening;
using SignalBroker.Client.Tests.Harness;

namespace SignalBroker.Client.Tests.Listening;

/// <summary>When a successor's signals are read, when it sends, and when the old socket goes.</summary>
public sealed class HandoverTests : IDisposable
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(1);

    private readonly ManualClock clock = new();
    private readonly Markers markers = new();
    private readonly ConcurrentQueue<string> read = [];
    private readonly TaskCompletionSource answers = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource room = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Hold hold;
    private readonly Wire old;
    private readonly Wire successor;
    private readonly Handover handover;

    public HandoverTests()
    {
        (hold, old) = (new Hold(ReceiveAsync), new Wire(clock, ReceiveAsync));
        successor = new Wire(clock, hold.TakeAsync);
        handover = new Handover(old, successor, hold, markers, clock);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        old.Dispose();
        successor.Dispose();
    }

    [Fact]
    public async Task What_came_to_the_successor_is_read_when_all_webapps_have_ended_the_old_session()
    {
        Hold("3", "4");
        answers.SetResult();
        var finished = handover.FinishAsync(answers.Task);
        old.Bring("1", "marker one", "2");
        await UntilReadAsync("2");
        finished.IsCompleted.ShouldBeFalse();

        old.Bring("marker two");
        await finished.WaitAsync(Token);
        read.ShouldBe(["1", "marker one", "2", "marker two", "3", "4"]);
        (old.Ended, successor.Ended).ShouldBe((null, null));

        await handover.CloseAsync();
        old.Ended.ShouldNotBeNull();
        successor.Bring("5");
        await UntilReadAsync("5");
    }

    [Fact]
    public async Task Webapps_that_do_not_say_so_have_two_seconds_after_the_first()
    {
        Hold("1");
        markers.Hear("one", 2);
        answers.SetResult();
        var finished = handover.FinishAsync(answers.Task);

        clock.Advance(Handover.OthersWithin - Moment);
        finished.IsCompleted.ShouldBeFalse();
        clock.Advance(Moment);
        await finished.WaitAsync(Token);
        read.ShouldBe(["1"]);
    }

    [Fact]
    public async Task A_server_that_sends_no_markers_has_ten_seconds()
    {
        Hold("1");
        answers.SetResult();
        var finished = handover.FinishAsync(answers.Task);

        clock.Advance(Handover.FirstWithin - Moment);
        finished.IsCompleted.ShouldBeFalse();
        clock.Advance(Moment);
        await finished.WaitAsync(Token);
        read.ShouldBe(["1"]);
    }

    [Fact]
    public async Task A_marker_may_be_behind_signals_for_which_the_application_has_no_room()
    {
        Hold("1");
        answers.SetResult();
        var finished = handover.FinishAsync(answers.Task);
        old.Bring("full", "marker one", "marker two");
        await Until.HoldsAsync(() => old.IsHeldUp);

        clock.Advance(Handover.FirstWithin);
        await clock.HasTimersAsync(1);
        finished.IsCompleted.ShouldBeFalse();
        room.SetResult();
        await finished.WaitAsync(Token);
        read.ShouldBe(["full", "marker one", "marker two", "1"]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Nothing_is_waited_for_when_a_socket_is_lost(bool isOld)
    {
        Hold("2");
        var finished = handover.FinishAsync(answers.Task);
        old.Bring("1");
        await UntilReadAsync("1");
        read.ShouldBe(["1"]);

        (isOld ? old : successor).Cut();

        await finished.WaitAsync(Token);
        handover.Answered.IsCompleted.ShouldBeTrue();
        read.ShouldBe(["1", "2"]);
    }

    [Fact]
    public async Task The_successor_sends_when_everything_before_is_answered()
    {
        var finished = handover.FinishAsync(answers.Task);
        old.Bring("marker one", "marker two");
        Hold("1");
        await UntilReadAsync("1");
        (handover.Answered.IsCompleted, finished.IsCompleted).ShouldBe((false, false));

        answers.SetResult();
        await handover.Answered.WaitAsync(Token);
        await finished.WaitAsync(Token);
    }

    [Fact]
    public async Task An_answer_that_does_not_come_is_given_up_after_two_seconds()
    {
        markers.Hear("one", 1);
        var finished = handover.FinishAsync(answers.Task);

        clock.Advance(Handover.AnswersWithin - Moment);
        (handover.Answered.IsCompleted, finished.IsCompleted).ShouldBe((false, false));
        clock.Advance(Moment);
        await handover.Answered.WaitAsync(Token);
        await finished.WaitAsync(Token);
    }

    [Fact]
    public async Task A_handler_that_throws_ends_it()
    {
        Hold("throw");
        markers.Hear("one", 1);

        var failed = await Should.ThrowAsync<HandlerFailedException>(handover.FinishAsync(Task.CompletedTask));
        failed.Message.ShouldBe("mine");
    }

    private void Hold(params IEnumerable<string> envelopes)
    {
        foreach (var envelope in envelopes)
        {
            hold.TakeAsync(Encoding.UTF8.GetBytes(envelope)).AsTask().IsCompletedSuccessfully.ShouldBeTrue();
        }
    }

    private Task UntilReadAsync(string envelope) => Until.HoldsAsync(() => read.Contains(envelope));

    private async ValueTask ReceiveAsync(ReadOnlyMemory<byte> bytes)
    {
        var envelope = Encoding.UTF8.GetString(bytes.Span);
        read.Enqueue(envelope);
        switch (envelope.Split(' '))
        {
            case ["marker", var by]:
                markers.Hear(by, 2);
                break;
            case ["throw"]:
                throw new HandlerFailedException(new InvalidDataException("mine"));
            case ["full"]:
                await room.Task;
                break;
        }
    }
}
