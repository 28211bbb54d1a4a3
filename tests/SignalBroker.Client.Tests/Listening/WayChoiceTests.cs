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
    public void A_success_in_between_forgives()
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

    [Theory]
    [InlineData(ListensBy.WebSocket)]
    [InlineData(ListensBy.ServerSentEvents)]
    public void What_the_application_wants_holds(ListensBy wanted)
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
