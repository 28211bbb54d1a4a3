using SignalBroker.Client.Http;
using SignalBroker.Client.Listening;
using SignalBroker.Client.Tests.Harness;
using static SignalBroker.Client.SocketProtocol;

namespace SignalBroker.Client.Tests.Listening;

/// <summary>What is spoken over a WebSocket, and when the other is.</summary>
public sealed class ProtocolChoiceTests
{
    private static readonly SessionInfo Info = new("alice", null, "s.a", "ws://127.0.0.1/ws");

    private readonly OpenSession both = new(Info, "", new([], null), new("ws://127.0.0.1/mqtt", "s.a", "signals"));
    private readonly OpenSession stompOnly = new(Info, "", new([], null));
    private readonly ManualClock clock = new();
    private readonly ProtocolChoice choice;

    public ProtocolChoiceTests() => choice = new(wanted: null, clock);

    [Fact]
    public void MQTT_is_first_where_it_is_offered()
    {
        choice.For(both).ShouldBe([Mqtt, Stomp]);
        choice.For(stompOnly).ShouldBe([Stomp]);
    }

    [Fact]
    public void After_a_failure_only_STOMP_is_tried_for_ten_minutes()
    {
        choice.Failed(Mqtt);
        choice.Succeeded(Stomp);
        choice.For(both).ShouldBe([Stomp]);

        clock.Advance(ProtocolChoice.FallbackLasts - TimeSpan.FromMilliseconds(1));
        choice.For(both).ShouldBe([Stomp]);
        clock.Advance(TimeSpan.FromMilliseconds(1));
        choice.For(both).ShouldBe([Mqtt, Stomp]);
    }

    [Fact]
    public void Where_STOMP_fails_too_MQTT_is_not_to_blame()
    {
        choice.Failed(Mqtt);
        choice.Failed(Stomp);
        choice.For(both).ShouldBe([Mqtt, Stomp]);
    }

    [Fact]
    public void The_applications_choice_is_final()
    {
        var onlyStomp = new ProtocolChoice(Stomp, clock);
        onlyStomp.For(both).ShouldBe([Stomp]);
        var onlyMqtt = new ProtocolChoice(Mqtt, clock);
        onlyMqtt.Failed(Mqtt);
        onlyMqtt.For(both).ShouldBe([Mqtt]);
        onlyMqtt.For(stompOnly).ShouldBeEmpty();
    }
}
