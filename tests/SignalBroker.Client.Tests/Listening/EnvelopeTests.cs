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
    public void Anything_else_is_passed_over(string text) => Read(text).ShouldBeNull();

    [Fact]
    public void What_the_server_itself_writes_has_no_sender()
    {
        Envelope.Read("""{"type":"outcome","content":{"id":"7"}}"""u8.ToArray(), out var control).ShouldBeNull();
        control!.Type.ShouldBe("outcome");
        control.Content.GetProperty("id").GetString().ShouldBe("7");

        Envelope.Read("""{"from":"eve","type":"outcome","content":1}"""u8.ToArray(), out control).ShouldNotBeNull();
        control.ShouldBeNull();
    }

    private static Signal? Read(string text) => Envelope.Read(Encoding.UTF8.GetBytes(text), out _);
}
