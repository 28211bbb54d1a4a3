using System.Text;
using SignalBroker.Client.Listening;

namespace SignalBroker.Client.Tests.Listening;

/// <summary>What comes to a successor waits, and keeps its order.</summary>
public sealed class HoldTests
{
    private readonly List<string> handedOn = [];
    private readonly TaskCompletionSource room = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Hold hold;

    public HoldTests() => hold = new Hold(ReceiveAsync);

    [Fact]
    public void Envelopes_wait_and_are_handed_on_in_their_order()
    {
        Take("1");
        Take("2");
        handedOn.ShouldBeEmpty();

        hold.ReleaseAsync().IsCompletedSuccessfully.ShouldBeTrue();
        Take("3");
        handedOn.ShouldBe(["1", "2", "3"]);

        hold.ReleaseAsync().IsCompletedSuccessfully.ShouldBeTrue();
        handedOn.Count.ShouldBe(3);
    }

    [Fact]
    public void An_envelope_is_kept_as_it_was()
    {
        var buffer = "first"u8.ToArray();
        hold.TakeAsync(buffer).AsTask().IsCompletedSuccessfully.ShouldBeTrue();
        "later"u8.CopyTo(buffer);

        hold.ReleaseAsync().IsCompletedSuccessfully.ShouldBeTrue();
        handedOn.ShouldBe(["first"]);
    }

    [Theory]
    [InlineData("""{"type":"outcome","content":{"id":"1","sessions":[]}}""", true)]
    [InlineData("""{"type":"error","content":{"id":"1","status":429}}""", true)]
    [InlineData("""{"type":"outcome","from":"mallory","content":{"id":"1","sessions":[]}}""", false)]
    [InlineData("""{"type":"session","content":{"event":"move"}}""", false)]
    public void Only_answers_to_what_was_sent_through_the_socket_do_not_wait(string envelope, bool passes)
    {
        Take("1");
        Take(envelope);
        handedOn.ShouldBe(passes ? [envelope] : []);
    }

    [Fact]
    public void More_than_4_MiB_are_not_kept()
    {
        var large = new string('x', Hold.Most / 2);
        Take(large);
        Take(large);
        handedOn.ShouldBeEmpty();

        Take("1");
        Take("2");
        handedOn.ShouldBe([large, large, "1", "2"]);
    }

    [Fact]
    public async Task What_the_application_has_no_room_for_is_told()
    {
        Take("full");
        var taken = hold.ReleaseAsync();
        handedOn.ShouldBe(["full"]);
        taken.IsCompleted.ShouldBeFalse();

        room.SetResult();
        await taken;
    }

    private void Take(string envelope) =>
        hold.TakeAsync(Encoding.UTF8.GetBytes(envelope)).AsTask().IsCompletedSuccessfully.ShouldBeTrue();

    private async ValueTask ReceiveAsync(ReadOnlyMemory<byte> envelope)
    {
        handedOn.Add(Encoding.UTF8.GetString(envelope.Span));
        await (handedOn[^1] == "full" ? room.Task : Task.CompletedTask);
    }
}
