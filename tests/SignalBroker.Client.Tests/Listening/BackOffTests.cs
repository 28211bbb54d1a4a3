using SignalBroker.Client.Listening;

namespace SignalBroker.Client.Tests.Listening;

/// <summary>How long a client waits before it tries again.</summary>
public sealed class BackOffTests
{
    [Fact]
    public void The_bound_doubles_from_half_a_second_to_15_seconds()
    {
        var backOff = new BackOff(new Always(1));
        Enumerable.Range(0, 8).Select(_ => backOff.Next().TotalSeconds).ShouldBe([0.5, 1, 2, 4, 8, 15, 15, 15]);

        for (var more = 0; more < 100; more++)
        {
            backOff.Next().ShouldBe(TimeSpan.FromSeconds(15));
        }
    }

    [Fact]
    public void The_wait_is_random_between_zero_and_the_bound()
    {
        new BackOff(new Always(0)).Next().ShouldBe(TimeSpan.Zero);
        new BackOff(new Always(0.5)).Next().ShouldBe(TimeSpan.FromSeconds(0.25));
    }

    [Fact]
    public void After_a_success_it_starts_over()
    {
        var backOff = new BackOff(new Always(1));
        backOff.Next();
        backOff.Next();
        backOff.Reset();
        backOff.Next().ShouldBe(TimeSpan.FromSeconds(0.5));
    }

    private sealed class Always(double number) : Random
    {
        public override double NextDouble() => number;
    }
}
