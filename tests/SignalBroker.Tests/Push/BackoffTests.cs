using SignalBroker.Push;

namespace SignalBroker.Tests.Push;

/// <summary>How long a push that has failed waits.</summary>
public sealed class BackoffTests
{
    private static readonly PushOptions Settings = new()
    {
        Backoff = TimeSpan.FromSeconds(4),
        MaxBackoff = TimeSpan.FromSeconds(60),
    };

    [Theory]
    [InlineData(1, 4)]
    [InlineData(2, 8)]
    [InlineData(4, 32)]
    [InlineData(5, 60)]
    [InlineData(1_000_000, 60)]
    public void Each_failure_doubles_the_wait_up_to_a_bound(int failures, int longest)
    {
        for (var time = 0; time < 1000; time++)
        {
            var delay = Settings.DelayAfter(failures, asked: null).TotalSeconds;

            delay.ShouldBeInRange(longest / 2.0, longest);
        }
    }

    [Fact]
    public void Those_that_failed_together_do_not_come_again_together()
    {
        Enumerable
            .Range(0, 100)
            .Select(_ => Settings.DelayAfter(1, asked: null))
            .Distinct()
            .Count()
            .ShouldBeGreaterThan(1);
    }

    [Theory]
    [InlineData(120)]
    [InlineData(4)]
    public void The_wait_is_at_least_what_the_push_service_asks_for(int seconds)
    {
        var asked = TimeSpan.FromSeconds(seconds);

        Settings.DelayAfter(1, asked).ShouldBe(asked);
    }

    [Fact]
    public void It_may_be_longer_than_the_push_service_asks_for()
    {
        Settings.DelayAfter(5, asked: TimeSpan.FromSeconds(1)).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(30));
    }
}
