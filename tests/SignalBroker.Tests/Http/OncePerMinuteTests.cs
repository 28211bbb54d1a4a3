using Microsoft.Extensions.Time.Testing;
using SignalBroker.Http;

namespace SignalBroker.Tests.Http;

/// <summary>What strangers can cause fills no log.</summary>
public sealed class OncePerMinuteTests
{
    [Fact]
    public void One_of_many_passes_each_minute()
    {
        var clock = new FakeTimeProvider();
        var logging = new OncePerMinute(clock);

        logging.Passes().ShouldBeTrue();
        clock.Advance(TimeSpan.FromSeconds(59));
        logging.Passes().ShouldBeFalse();
        clock.Advance(TimeSpan.FromSeconds(1));
        logging.Passes().ShouldBeTrue();
        logging.Passes().ShouldBeFalse();
    }
}
