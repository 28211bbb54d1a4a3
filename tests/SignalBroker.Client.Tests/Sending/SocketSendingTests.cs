using System.Text.Json;
using SignalBroker.Client.Http;
using SignalBroker.Client.Listening;
using SignalBroker.Client.Sending;
using SignalBroker.Client.Tests.Harness;

namespace SignalBroker.Client.Tests.Sending;

/// <summary>Which answer belongs to which signal that went through the socket, and what if none comes.</summary>
public sealed class SocketSendingTests
{
    private readonly ManualClock clock = new();
    private readonly SocketSending sending;
    private readonly OpenSession session = new(new("alice", null, "s.a", "ws://127.0.0.1/ws"), "", new([], null));
    private readonly ListeningSession alice;

    public SocketSendingTests() => (sending, alice) = (new SocketSending(clock), NewSession());

    [Fact]
    public async Task Answers_come_in_any_order()
    {
        var one = SendAsync("1");
        var two = SendAsync("2");
        Hear("outcome", """{"id":"2","sessions":[{"listeningKey":"s.b","outcome":"queued"}]}""");
        Hear("outcome", """{"id":"1","sessions":[{"listeningKey":"s.b","outcome":"overloaded"}]}""");

        (await one).ShouldSatisfyAllConditions(
            sent => sent.Id.ShouldBe("1"),
            sent => sent.Sessions.ShouldBe([new("s.b", null, Outcome.Overloaded)])
        );
        (await two).Sessions.ShouldBe([new("s.b", null, Outcome.Queued)]);
    }

    [Fact]
    public async Task An_error_is_the_same_exception_as_for_a_request()
    {
        var sent = SendAsync("1");
        Hear("error", """{"id":"1","status":429,"code":"too-many-requests","detail":"Slow down.","retryAfter":3}""");

        var refused = await Should.ThrowAsync<TooManyRequestsException>(sent);
        (refused.Status, refused.Code, refused.Message).ShouldBe((429, "too-many-requests", "Slow down."));
        refused.RetryAfter.ShouldBe(TimeSpan.FromSeconds(3));
    }

    [Fact]
    public async Task Without_an_answer_the_outcome_is_unknown()
    {
        var sent = SendAsync("1");
        clock.Advance(SocketSending.AnswerWithin - TimeSpan.FromMilliseconds(1));
        sent.IsCompleted.ShouldBeFalse();
        clock.Advance(TimeSpan.FromMilliseconds(1));
        await Should.ThrowAsync<ServerUnreachableException>(sent);

        // The same signal, sent again, takes the late answer for its own.
        var again = SendAsync("1");
        Hear("outcome", """{"id":"1","sessions":[]}""");
        (await again).Id.ShouldBe("1");
    }

    [Fact]
    public async Task Answers_are_lost_with_the_socket()
    {
        var sent = SendAsync("1");
        sending.Lost();
        await Should.ThrowAsync<ServerUnreachableException>(sent);
    }

    [Fact]
    public async Task Only_those_are_lost_that_went_through_the_socket_that_is()
    {
        var other = NewSession();
        var one = SendAsync("1");
        var two = SendAsync("2", other);
        sending.Lost(alice.Listener);

        await Should.ThrowAsync<ServerUnreachableException>(one);
        two.IsCompleted.ShouldBeFalse();
        Hear("outcome", """{"id":"2","sessions":[]}""");
        await two;
    }

    [Fact]
    public async Task A_socket_is_done_with_when_everything_is_answered_that_went_through_it()
    {
        var one = SendAsync("1");
        var two = SendAsync("2");
        var other = SendAsync("3", NewSession());
        var answered = sending.AnsweredAsync(alice.Listener);
        Hear("error", """{"id":"1","status":429,"code":"too-many-requests"}""");
        await Should.ThrowAsync<TooManyRequestsException>(one);
        answered.IsCompleted.ShouldBeFalse();

        Hear("outcome", """{"id":"2","sessions":[]}""");
        await two;
        await answered.WaitAsync(TestContext.Current.CancellationToken);
        other.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task A_successor_sends_nothing_before_its_time()
    {
        var before = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var wire = new Wire(clock);
        var sent = SendAsync("1", new(session, wire, before.Task));
        wire.Sent.ShouldBe(0);

        before.SetResult();
        await Until.HoldsAsync(() => wire.Sent == 1);
        Hear("outcome", """{"id":"1","sessions":[]}""");
        await sent;
    }

    [Fact]
    public void Answers_to_nobody_and_unknown_types_are_ignored()
    {
        Hear("outcome", """{"id":"9","sessions":[]}""");
        Hear("error", "{}");
        Hear("error", """{"id":7}""");
        Hear("weather", "\"fine\"");
    }

    [Fact]
    public async Task Signals_too_long_or_already_under_way_do_not_use_the_socket()
    {
        var signal = NewSignal("1", "short");
        var tooLong = NewSignal("2", new string('x', 70_000));
        sending.Takes(signal.Id, signal.Body).ShouldBeTrue();
        sending.Takes(tooLong.Id, tooLong.Body).ShouldBeFalse();

        var sent = sending.SendAsync(alice, signal.Id, signal.Body, CancellationToken.None);
        sending.Takes(signal.Id, signal.Body).ShouldBeFalse();
        Hear("outcome", """{"id":"1","sessions":[]}""");
        await sent;
        sending.Takes(signal.Id, signal.Body).ShouldBeTrue();
    }

    private ListeningSession NewSession() => new(session, new Wire(clock));

    private OutgoingSignal NewSignal(string id, string content) =>
        OutgoingSignal.Write("bob", new() { Id = id }, clock, writer => writer.WriteStringValue(content));

    private Task<ExchangeAnswer> SendAsync(string id, ListeningSession? sender = null) =>
        sending.SendAsync(sender ?? alice, id, NewSignal(id, "hello").Body, CancellationToken.None);

    private void Hear(string type, string content) => sending.Receive(new(type, JsonElement.Parse(content)));
}
