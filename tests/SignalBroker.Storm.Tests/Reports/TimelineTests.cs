using SignalBroker.Storm.Reports;
using SignalBroker.Storm.Results;

namespace SignalBroker.Storm.Tests.Reports;

/// <summary>How many seconds become one step of a plot.</summary>
public sealed class TimelineTests
{
    [Fact]
    public void A_short_run_keeps_every_second()
    {
        var timeline = Timeline.Of(Samples.Exchange.Timeline);

        timeline.StepSeconds.ShouldBe(1);
        timeline
            .Ticks.Select(tick => (tick.Second, tick.Sent, tick.P99, tick.Listening))
            .ShouldBe(Samples.Exchange.Timeline.Select(tick => (tick.Second, tick.Sent, tick.P99, tick.Listening)));
    }

    [Fact]
    public void A_long_run_has_means_of_rates_and_the_worst_percentile()
    {
        var ticks = Enumerable
            .Range(1, 720)
            .Select(second => new Tick
            {
                Second = second,
                Sent = second,
                Listening = second,
                Errors = second == 1 ? 1 : 0,
                P50 = second <= 2 ? second * 100 : null,
                P99 = second * 10,
                Cores = new Dictionary<string, double> { ["node-1"] = second },
            });

        var timeline = Timeline.Of([.. ticks]);

        timeline.StepSeconds.ShouldBe(2);
        timeline.Ticks.Count.ShouldBe(360);
        var first = timeline.Ticks[0];
        (first.Second, first.Sent, first.Listening, first.Errors, first.P50, first.P99).ShouldBe((2, 2, 2, 1, 150, 20));
        first.Cores["node-1"].ShouldBe(1.5);
        timeline.Ticks[1].P50.ShouldBeNull();
        timeline.Seconds.ShouldBe(720);
    }

    [Fact]
    public void Two_ticks_of_one_second_are_one_point()
    {
        var timeline = Timeline.Of([new() { Second = 1, Sent = 10 }, new() { Second = 1, Sent = 20 }]);

        timeline.Ticks.ShouldHaveSingleItem().Sent.ShouldBe(15);
    }

    [Fact]
    public void A_run_without_a_second_has_no_steps()
    {
        var timeline = Timeline.Of([]);

        timeline.Ticks.ShouldBeEmpty();
        timeline.Seconds.ShouldBe(0);
    }
}
