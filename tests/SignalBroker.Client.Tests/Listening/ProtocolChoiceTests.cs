using SignalBroker.Client.Http;
using SignalBroker.Client.Listening;
using SignalBroker.Client.Tests.Harness;

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
        choice.For(both).ShouldBe([SocketProtocol.Mqtt, SocketProtocol.Stomp]);
        choice.For(stompOnly).ShouldBe([SocketProtocol.Stomp]);
    }

    [Fact]
    public void After_a_failure_only_STOMP_is_tried_for_ten_minutes()
    {
        choice.Failed(SocketProtocol.Mqtt);
        choice.Succeeded(SocketProtocol.Stomp);
        choice.For(both).ShouldBe([SocketProtocol.Stomp]);

        clock.Advance(ProtocolChoice.FallbackLasts - TimeSpan.FromMilliseconds(1));
        choice.For(both).ShouldBe([SocketProtocol.Stomp]);
        clock.Advance(TimeSpan.FromMilliseconds(1));
        choice.For(both).ShouldBe([SocketProtocol.Mqtt, SocketProtocol.Stomp]);
    }

    [Fact]
    public void Where_STOMP_fails_too_MQTT_is_not_to_blame()
    {
        choice.Failed(SocketProtocol.Mqtt);
        choice.Failed(SocketProtocol.Stomp);
        choice.For(both).ShouldBe([SocketProtocol.Mqtt, SocketProtocol.Stomp]);
    }

    [Fact]
    public void The_applications_choice_is_final()
    {
        var onlyStomp = new ProtocolChoice(SocketProtocol.Stomp, clock);
        onlyStomp.For(both).ShouldBe([SocketProtocol.Stomp]);
        var onlyMqtt = new ProtocolChoice(SocketProtocol.Mqtt, clock);
        onlyMqtt.Failed(SocketProtocol.Mqtt);
        onlyMqtt.For(both).ShouldBe([SocketProtocol.Mqtt]);
        onlyMqtt.For(stompOnly).ShouldBeEmpty();
    }
}
