using System.Text.Json;
using System.Threading.Channels;
using SignalBroker.Client.Http;
using SignalBroker.Client.Sending;
using SignalBroker.Client.Tests.Harness;

namespace SignalBroker.Client.Tests.Sending;

/// <summary>When a signal waits, when it is tried again and when it is given up.</summary>
public sealed class OutboxTests
{
    private readonly ManualClock clock = new();
    private readonly OpenSession first = NewSession("s.first");
    private readonly OpenSession second = NewSession("s.second");
    private readonly Channel<Attempt> attempts = Channel.CreateUnbounded<Attempt>();
    private readonly List<OpenSession> expired = [];
    private readonly Outbox<OpenSession> outbox;

    public OutboxTests() =>
        outbox = new Outbox<OpenSession>(new OneByOne<OpenSession>(DeliverAsync), expired.Add, clock);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_signal_at_a_time_is_under_way_to_a_recipient()
    {
        outbox.Open(first);
        var toBob = SendAsync("bob");
        var toBobNext = SendAsync("bob");
        var toCarol = SendAsync("carol");

        var one = await attempts.Reader.ReadAsync(Token);
        var two = await attempts.Reader.ReadAsync(Token);
        new[] { one.Signal.To.Name, two.Signal.To.Name }.ShouldBe(["bob", "carol"]);
        attempts.Reader.Count.ShouldBe(0);

        one.Succeed();
        await toBob;
        var three = await attempts.Reader.ReadAsync(Token);
        three.Signal.To.Name.ShouldBe("bob");
        three.Succeed();
        two.Succeed();
        await Task.WhenAll(toBobNext, toCarol);
    }

    [Fact]
    public async Task A_signal_to_a_device_does_not_overtake_one_to_its_user()
    {
        outbox.Open(first);
        var toBob = SendAsync("bob");
        var toPhone = SendAsync(Addressee.OfDevice("bob", "phone"));
        var toSession = SendAsync(Addressee.OfSession("bob"));

        var one = await attempts.Reader.ReadAsync(Token);
        var two = await attempts.Reader.ReadAsync(Token);
        new[] { one.Signal.To, two.Signal.To }.ShouldBe([Addressee.OfUser("bob"), Addressee.OfSession("bob")]);
        attempts.Reader.Count.ShouldBe(0);

        one.Succeed();
        var three = await attempts.Reader.ReadAsync(Token);
        three.Signal.To.Device.ShouldBe("phone");
        three.Succeed();
        two.Succeed();
        await Task.WhenAll(toBob, toPhone, toSession);
    }

    [Fact]
    public async Task A_signal_that_was_never_sent_expires_at_its_time_to_live()
    {
        var usual = SendAsync("bob");
        var patient = SendAsync("bob", TimeSpan.FromSeconds(60));

        clock.Advance(TimeLimit.Usual - TimeSpan.FromMilliseconds(1));
        usual.IsCompleted.ShouldBeFalse();
        clock.Advance(TimeSpan.FromMilliseconds(1));
        (await Should.ThrowAsync<SignalNotSentException>(usual)).Code.ShouldBe(SignalBrokerCode.Expired);

        outbox.Open(first);
        (await attempts.Reader.ReadAsync(Token)).Succeed();
        await patient;
    }

    [Fact]
    public async Task A_hundred_wait_and_the_next_is_refused_until_one_is_cancelled()
    {
        using var giveUp = new CancellationTokenSource();
        var last = SendUntilAsync("bob", null, giveUp.Token);
        for (var n = 1; n < 100; n++)
        {
            _ = SendAsync($"user{n}");
        }

        (await Should.ThrowAsync<SignalNotSentException>(SendAsync("bob"))).Code.ShouldBe(SignalBrokerCode.QueueFull);
        await giveUp.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(last);
        SendAsync("bob").IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task After_429_a_signal_waits_as_asked_and_goes_before_those_behind_it()
    {
        outbox.Open(first);
        var slow = SendAsync("bob");
        var next = SendAsync("bob");
        var attempt = await attempts.Reader.ReadAsync(Token);
        attempt.Fail(Refused(429, "too-many-requests", TimeSpan.FromSeconds(3)));
        await clock.HasTimersAsync(2);

        clock.Advance(TimeSpan.FromSeconds(3) - TimeSpan.FromMilliseconds(1));
        attempts.Reader.Count.ShouldBe(0);
        clock.Advance(TimeSpan.FromSeconds(0.6));
        var again = await attempts.Reader.ReadAsync(Token);
        again.Signal.ShouldBeSameAs(attempt.Signal);
        again.Succeed();
        await slow;
        (await attempts.Reader.ReadAsync(Token)).Succeed();
        await next;
    }

    [Fact]
    public async Task A_used_up_storage_budget_is_reported_at_once()
    {
        outbox.Open(first);
        var sending = SendAsync("bob");
        var next = SendAsync("bob");
        (await attempts.Reader.ReadAsync(Token)).Fail(
            Refused(429, SignalBrokerCode.StorageBudgetUsed, TimeSpan.FromSeconds(1))
        );

        (await Should.ThrowAsync<TooManyRequestsException>(sending)).Code.ShouldBe("storage-budget-used");
        (await attempts.Reader.ReadAsync(Token)).Succeed();
        await next;
    }

    [Fact]
    public async Task A_wait_beyond_the_time_to_live_is_an_error_at_once()
    {
        outbox.Open(first);
        var sending = SendAsync("bob", TimeSpan.FromSeconds(2));
        var attempt = await attempts.Reader.ReadAsync(Token);
        attempt.Fail(Refused(503, "database-unavailable", TimeSpan.FromSeconds(2)));

        (await Should.ThrowAsync<ServerRefusedException>(sending)).Code.ShouldBe("database-unavailable");
    }

    [Theory]
    [InlineData(400, "invalid-member")]
    [InlineData(404, "user-not-listening")]
    [InlineData(500, "internal-error")]
    public async Task A_permanent_refusal_is_not_tried_again(int status, string code)
    {
        outbox.Open(first);
        var sending = SendAsync("bob");
        (await attempts.Reader.ReadAsync(Token)).Fail(Refused(status, code));

        (await Should.ThrowAsync<ServerRefusedException>(sending)).Code.ShouldBe(code);
        attempts.Reader.Count.ShouldBe(0);
    }

    [Fact]
    public async Task A_signal_of_an_expired_session_goes_out_with_the_next_one()
    {
        outbox.Open(first);
        var sending = SendAsync("bob");
        var attempt = await attempts.Reader.ReadAsync(Token);
        attempt.Session.ShouldBeSameAs(first);
        attempt.Fail(Refused(401, SignalBrokerCode.Unauthorized));
        await clock.HasTimersAsync(1);
        expired.ShouldBe([first]);

        outbox.Open(second);
        var again = await attempts.Reader.ReadAsync(Token);
        again.Session.ShouldBeSameAs(second);
        again.Succeed();
        await sending;
    }

    [Fact]
    public async Task Closing_fails_waiting_and_later_signals()
    {
        var waiting = SendAsync("bob");
        var behind = SendAsync("bob");
        outbox.Close(new SignalNotSentException(SignalBrokerCode.Closed, "The end."));

        foreach (var signal in (Task<ExchangeAnswer>[])[waiting, behind, SendAsync("bob")])
        {
            (await Should.ThrowAsync<SignalNotSentException>(signal)).Code.ShouldBe(SignalBrokerCode.Closed);
        }
    }

    [Fact]
    public async Task Draining_refuses_new_signals_and_waits_for_every_answer()
    {
        var end = new SignalNotSentException(SignalBrokerCode.Closed, "The end.");
        outbox.Open(first);
        var toBob = SendAsync("bob");
        var behind = SendAsync("bob");

        var drained = outbox.DrainAsync(end, TimeSpan.FromSeconds(5));

        (await Should.ThrowAsync<SignalNotSentException>(SendAsync("carol"))).ShouldBeSameAs(end);
        (await attempts.Reader.ReadAsync(Token)).Succeed();
        await toBob;
        drained.IsCompleted.ShouldBeFalse();
        (await attempts.Reader.ReadAsync(Token)).Succeed();
        await behind;
        await drained.WaitAsync(Token);
    }

    [Fact]
    public async Task Draining_ends_when_its_time_is_over()
    {
        outbox.Open(first);
        var unanswered = SendAsync("bob");
        var attempt = await attempts.Reader.ReadAsync(Token);

        var drained = outbox.DrainAsync(new(SignalBrokerCode.Closed, "The end."), TimeSpan.FromSeconds(5));
        clock.Advance(TimeSpan.FromSeconds(4.9));
        drained.IsCompleted.ShouldBeFalse();
        clock.Advance(TimeSpan.FromSeconds(0.1));

        await drained.WaitAsync(Token);
        attempt.Succeed();
        await unanswered;
    }

    [Fact]
    public async Task Draining_ends_at_once_if_nothing_is_under_way()
    {
        await outbox.DrainAsync(new(SignalBrokerCode.Closed, "The end."), TimeSpan.FromSeconds(5)).WaitAsync(Token);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_signal_that_may_have_arrived_is_not_reported_as_unsent(bool isClosed)
    {
        outbox.Open(first);
        var unanswered = SendAsync("bob", TimeSpan.FromSeconds(20));
        (await attempts.Reader.ReadAsync(Token)).Fail(new ServerUnreachableException("No answer."));
        // Until it is sent again.
        await clock.HasTimersAsync(1);
        outbox.Pause();
        clock.Advance(TimeSpan.FromSeconds(10));
        await clock.HasTimersAsync(1);

        if (isClosed)
        {
            outbox.Close(new(SignalBrokerCode.Closed, "The end."));
        }
        else
        {
            clock.Advance(TimeSpan.FromSeconds(10));
        }

        await Should.ThrowAsync<ServerUnreachableException>(unanswered);
    }

    private static OpenSession NewSession(string key) =>
        new(new("alice", null, key, "ws://127.0.0.1/ws"), "", new([], null));

    private static ServerRefusedException Refused(int status, string code, TimeSpan? retryAfter = null) =>
        ServerRefusedException.Of(new(status, code, "No.") { RetryAfter = retryAfter });

    private Task<ExchangeAnswer> SendAsync(Addressee to, TimeSpan? timeToLive = null) =>
        SendUntilAsync(to, timeToLive, Token);

    private Task<ExchangeAnswer> SendUntilAsync(Addressee to, TimeSpan? timeToLive, CancellationToken givenUp) =>
        outbox.SendAsync(
            OutgoingSignal.Write(to, new() { TimeToLive = timeToLive }, clock, JsonElement.Parse("1").WriteTo),
            givenUp
        );

    private Task<ExchangeAnswer> DeliverAsync(
        OpenSession session,
        OutgoingSignal signal,
        CancellationToken cancellationToken
    )
    {
        var attempt = new Attempt(session, signal);
        attempts.Writer.TryWrite(attempt);
        return attempt.Answer;
    }

    private sealed record Attempt(OpenSession Session, OutgoingSignal Signal)
    {
        private readonly TaskCompletionSource<ExchangeAnswer> answer = new(
            TaskCreationOptions.RunContinuationsAsynchronously
        );

        public Task<ExchangeAnswer> Answer => answer.Task;

        public void Succeed() => answer.SetResult(new("1", []));

        public void Fail(Exception failure) => answer.SetException(failure);
    }
}
