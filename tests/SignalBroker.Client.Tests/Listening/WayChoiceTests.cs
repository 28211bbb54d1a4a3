using SignalBroker.Client.Listening;
using SignalBroker.Client.Tests.Harness;

namespace SignalBroker.Client.Tests.Listening;

/// <summary>When a client gives up WebSockets, and when it takes them again.</summary>
public sealed class WayChoiceTests
{
    private readonly ManualClock clock = new();
    private readonly WayChoice ways;

    public WayChoiceTests() => ways = new WayChoice(wanted: null, clock);

    [Fact]
    public void Two_failures_in_a_row_lead_to_events()
    {
        FailedByWebSocket();
        FailedByWebSocket();
        ways.Next().ShouldBe(ListensBy.ServerSentEvents);
    }

    [Fact]
    public void A_success_in_between_resets_the_count()
    {
        FailedByWebSocket();
        ways.Succeeded(ListensBy.WebSocket);
        FailedByWebSocket();
        ways.Next().ShouldBe(ListensBy.WebSocket);
    }

    [Fact]
    public void After_ten_minutes_one_WebSocket_is_tried_once_more()
    {
        FailedByWebSocket();
        FailedByWebSocket();
        ways.Succeeded(ListensBy.ServerSentEvents);
        clock.Advance(WayChoice.FallbackLasts - TimeSpan.FromMilliseconds(1));
        ways.Next().ShouldBe(ListensBy.ServerSentEvents);

        clock.Advance(TimeSpan.FromMilliseconds(1));
        FailedByWebSocket();
        ways.Next().ShouldBe(ListensBy.ServerSentEvents);
    }

    [Fact]
    public void Where_neither_works_they_take_turns()
    {
        FailedByWebSocket();
        FailedByWebSocket();
        ways.Failed(ListensBy.ServerSentEvents);
        FailedByWebSocket();
        ways.Next().ShouldBe(ListensBy.ServerSentEvents);
        ways.Failed(ListensBy.ServerSentEvents);
        ways.Next().ShouldBe(ListensBy.WebSocket);
    }

    [Fact]
    public void One_WebSocket_that_is_swallowed_leads_to_events()
    {
        ways.Next().ShouldBe(ListensBy.WebSocket);
        clock.Advance(ways.Within);
        ways.Failed(ListensBy.WebSocket).ShouldBeTrue();
        ways.Next().ShouldBe(ListensBy.ServerSentEvents);
    }

    [Fact]
    public void A_refused_and_a_swallowed_WebSocket_take_less_than_five_seconds_together()
    {
        ways.Next();
        clock.Advance(TimeSpan.FromSeconds(0.99));
        ways.Failed(ListensBy.WebSocket).ShouldBeFalse();
        // The longest wait after a first failure.
        clock.Advance(TimeSpan.FromSeconds(0.5));
        ways.Next().ShouldBe(ListensBy.WebSocket);
        clock.Advance(ways.Within);
        ways.Failed(ListensBy.WebSocket).ShouldBeTrue();

        clock.GetUtcNow().ShouldBeLessThan(new ManualClock().GetUtcNow() + TimeSpan.FromSeconds(5));
    }

    [Fact]
    public void A_node_that_a_WebSocket_has_reached_before_has_more_time()
    {
        ways.Next();
        ways.Succeeded(ListensBy.WebSocket);
        ways.Next().ShouldBe(ListensBy.WebSocket);
        ways.Within.ShouldBe(WayChoice.Usual);
        clock.Advance(ways.Within);
        ways.Failed(ListensBy.WebSocket).ShouldBeFalse();
    }

    [Fact]
    public void The_first_of_two_protocols_may_take_half_of_the_time_until_one_has_worked()
    {
        ways.Next();
        ways.ForFirst(ways.Within).ShouldBe(ways.Within / 2);
        ways.Succeeded(ListensBy.WebSocket);
        ways.Next();
        ways.ForFirst(ways.Within).ShouldBe(WayChoice.Usual);
    }

    [Theory]
    [InlineData(ListensBy.WebSocket)]
    [InlineData(ListensBy.ServerSentEvents)]
    public void The_applications_choice_is_final(ListensBy wanted)
    {
        var only = new WayChoice(wanted, clock);
        for (var attempt = 0; attempt < 3; attempt++)
        {
            only.Next().ShouldBe(wanted);
            only.Failed(wanted);
        }
    }

    private void FailedByWebSocket()
    {
        ways.Next().ShouldBe(ListensBy.WebSocket);
        ways.Failed(ListensBy.WebSocket);
    }
}
