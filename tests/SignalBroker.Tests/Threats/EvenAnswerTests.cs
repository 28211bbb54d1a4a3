using Microsoft.Extensions.Time.Testing;
using SignalBroker.Signals;

namespace SignalBroker.Tests.Threats;

/// <summary>An answer goes at a beat, and which part of the time before it the work took makes no difference.</summary>
public sealed class EvenAnswerTests
{
    private const string Sender = "s.alice";

    private readonly FakeTimeProvider clock = new();
    private readonly EvenAnswer even;

    public EvenAnswerTests() => even = new(clock);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(49)]
    public async Task It_comes_at_a_beat_whenever_the_work_was_done(int doneAfterMs)
    {
        var work = new TaskCompletionSource<int>();
        var answer = even.AfterAsync(Sender, () => work.Task);

        for (var ms = 0; ms < EvenAnswer.Beat.TotalMilliseconds; ms++)
        {
            if (ms == doneAfterMs)
            {
                work.SetResult(1);
            }

            answer.IsCompleted.ShouldBeFalse($"after {ms} ms");
            even.Keeps(Sender).ShouldBeTrue();
            clock.Advance(TimeSpan.FromMilliseconds(1));
        }

        (await answer).ShouldBe(1);
        even.Keeps(Sender).ShouldBeFalse();
    }

    [Fact]
    public async Task Work_that_takes_longer_is_answered_at_a_later_beat()
    {
        var work = new TaskCompletionSource<int>();
        var answer = even.AfterAsync(Sender, () => work.Task);

        clock.Advance(EvenAnswer.Beat * 3);
        answer.IsCompleted.ShouldBeFalse();
        work.SetResult(1);
        clock.Advance(EvenAnswer.Beat);

        (await answer).ShouldBe(1);
    }

    [Fact]
    public async Task A_failure_comes_at_a_beat_as_well()
    {
        var answer = even.AfterAsync<int>(Sender, () => Task.FromException<int>(new TimeoutException()));

        answer.IsCompleted.ShouldBeFalse();
        clock.Advance(EvenAnswer.Beat);

        await Should.ThrowAsync<TimeoutException>(answer);
    }
}
