using System.Text.Json.Serialization;
using SignalBroker.Client.Tests.Harness;

namespace SignalBroker.Client.Tests.Sending;

/// <summary>What can be sent as content, and what can't.</summary>
[Collection<ServerTests>]
public sealed class ContentTests(Servers servers)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Content_that_would_arrive_empty_is_refused_and_does_not_hold_up_others()
    {
        await using var me = await servers.ConnectAsync();

        var tuple = await Should.ThrowAsync<NotSupportedException>(async () =>
            await me.SendAsync(me.UserId, (1, "two"), cancellationToken: Token)
        );
        var inside = await Should.ThrowAsync<NotSupportedException>(async () =>
            await me.SendAsync(me.UserId, new { at = new Hidden(5) }, cancellationToken: Token)
        );
        await me.SendAsync(me.UserId, new { empty = new object(), at = 1 }, cancellationToken: Token);

        tuple.Message.ShouldContain("would arrive as {}");
        inside.Message.ShouldContain(nameof(Hidden));
        (await me.NextSignalAsync()).Content.GetRawText().ShouldBe("""{"empty":{},"at":1}""");
    }

    [Fact]
    public async Task A_polymorphic_base_is_written_as_its_derived_type()
    {
        await using var me = await servers.ConnectAsync();

        await me.SendAsync<Shape>(me.UserId, new Circle(5), cancellationToken: Token);

        (await me.NextSignalAsync()).Content.GetRawText().ShouldBe("""{"kind":"circle","radius":5}""");
    }

    private sealed class Hidden(int value)
    {
        private readonly int value = value;

        public override string ToString() => $"{value}";
    }

    [JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
    [JsonDerivedType(typeof(Circle), "circle")]
    private abstract class Shape
    {
        private readonly string unit = "m";

        public override string ToString() => unit;
    }

    private sealed class Circle(int radius) : Shape
    {
        public int Radius { get; } = radius;
    }
}
