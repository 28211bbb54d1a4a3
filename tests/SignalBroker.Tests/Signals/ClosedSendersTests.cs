using Microsoft.Extensions.Time.Testing;
using SignalBroker.Exchange;
using SignalBroker.Signals;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Signals;

/// <summary>What a closed sender had sent before is dropped, but nobody is remembered for ever.</summary>
public sealed class ClosedSendersTests
{
    private readonly FakeTimeProvider clock = new(DateTimeOffset.UnixEpoch);

    [Fact]
    public void A_closed_sender_is_known_for_longer_than_its_signals_can_wait()
    {
        var closed = new ClosedSenders(clock);
        closed.Add("first");

        clock.Advance(TimeSpan.FromSeconds(31));
        closed.Add("second");

        closed.Contains("first").ShouldBeTrue();
        closed.Contains("second").ShouldBeTrue();
        closed.Contains("third").ShouldBeFalse();
    }

    [Fact]
    public void One_that_could_not_be_closed_is_looked_at_again_after_a_while()
    {
        var closed = new ClosedSenders(clock);
        closed.Add("first");

        clock.Advance(TimeSpan.FromMinutes(1));

        closed.Contains("first").ShouldBeFalse();
        closed.Add("second");
        closed.Add("first");
        closed.Contains("first").ShouldBeTrue();
    }
}
