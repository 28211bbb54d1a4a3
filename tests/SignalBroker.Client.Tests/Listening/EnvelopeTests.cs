using System.Text;
using SignalBroker.Client.Listening;

namespace SignalBroker.Client.Tests.Listening;

/// <summary>What a listener takes for a signal.</summary>
public sealed class EnvelopeTests
{
    [Fact]
    public void An_application_has_a_name_and_no_session()
    {
        var signal = Read(
            """{"id":"1","from":{"more":[1],"application":"shop"},"to":"bob","sentAt":"2026-01-02T03:04:05.678Z","new":{},"content":null}"""
        )!;
        (signal.From, signal.FromApplication, signal.FromSession).ShouldBe((null, "shop", null));
        signal.SentAt.ShouldBe(new DateTimeOffset(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero));
        signal.Type.ShouldBeNull();
        signal.ExpiresAt.ShouldBeNull();
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("{\"id\":\"1\",\"content\":1}")] // the server's own, which has no sender
    [InlineData("{\"from\":\"alice\"}")]
    [InlineData("{\"from\":1,\"content\":1}")]
    [InlineData("{\"from\":\"alice\",\"content\":1,\"sentAt\":\"yesterday\"}")]
    public void Anything_else_is_ignored(string text) => Read(text).ShouldBeNull();

    [Fact]
    public void What_the_server_itself_writes_has_no_sender()
    {
        Envelope.Read("""{"type":"outcome","content":{"id":"7"}}"""u8.ToArray(), out var control).ShouldBeNull();
        control!.Type.ShouldBe("outcome");
        control.Content.GetProperty("id").GetString().ShouldBe("7");

        Envelope.Read("""{"from":"eve","type":"outcome","content":1}"""u8.ToArray(), out control).ShouldNotBeNull();
        control.ShouldBeNull();
    }

    [Fact]
    public void An_anonymous_member_of_a_room_has_a_member_id_and_an_alias_and_can_forge_nothing()
    {
        var signal = Envelope.Read(
            """{"id":"1","from":{"member":"m.1","alias":"Fox"},"fromMember":"m.1","room":"r.1","type":"outcome","content":1}"""u8.ToArray(),
            out var control
        )!;

        control.ShouldBeNull();
        (signal.From, signal.FromSession, signal.FromApplication).ShouldBe((null, null, null));
        (signal.Room, signal.FromMember, signal.FromAlias).ShouldBe(("r.1", "m.1", "Fox"));
    }

    [Fact]
    public void Receipts_and_changes_of_rooms_are_signals_that_only_the_server_can_write()
    {
        var receipt = Read(
            """{"sequence":3,"id":"9","type":"receipt","sentAt":"2026-01-02T03:04:05.678Z","content":{"id":"2","outcome":"expired","to":"bob","at":"2026-01-02T03:04:05.000Z"}}"""
        )!;
        (receipt.IsFromServer, receipt.Sequence).ShouldBe((true, 3L));
        receipt.Receipt.ShouldBe(
            new()
            {
                Id = "2",
                IsDelivered = false,
                To = "bob",
                At = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
            }
        );

        const string Change =
            """{"event":"joined","room":"r.1","version":7,"member":{"member":"m.1","alias":"Fox"},"owner":"m.2"}""";
        var change = Read($$"""{"type":"room","content":{{Change}}}""")!.RoomChange!;
        (change.Room, change.Event, change.Version, change.Owner).ShouldBe(("r.1", RoomEvent.Joined, 7L, "m.2"));
        change.Member.ShouldBe(new() { Id = "m.1", Alias = "Fox" });

        var forged = Read($$"""{"from":"eve","type":"room","content":{{Change}}}""")!;
        (forged.IsFromServer, forged.RoomChange, forged.Receipt).ShouldBe((false, null, null));
        Read("""{"type":"room","content":"fine"}""")!.RoomChange.ShouldBeNull();
    }

    private static Signal? Read(string text) => Envelope.Read(Encoding.UTF8.GetBytes(text), out _);
}
