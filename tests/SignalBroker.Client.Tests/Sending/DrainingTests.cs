using System.Text.Json;
using System.Threading.Channels;
using SignalBroker.Client.Http;
using SignalBroker.Client.Sending;
using SignalBroker.Client.Tests.Harness;

namespace SignalBroker.Client.Tests.Sending;

/// <summary>What becomes of what is under way when a client closes.</summary>
public sealed class DrainingTests
{
    private static readonly SignalNotSentException End = new(SignalBrokerCode.Closed, "The end.");

    private readonly ManualClock clock = new();
    private readonly Channel<TaskCompletionSource<int>> attempts = Channel.CreateUnbounded<TaskCompletionSource<int>>();
    private readonly Outbox<string> outbox;

    public DrainingTests()
    {
        outbox = new Outbox<string>(
            new OneByOne<string>(
                async (_, _, stop) =>
                {
                    await AttemptAsync(stop);
                    return new("1", []);
                }
            ),
            _ => { },
            clock
        );
        outbox.Open("alice");
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Closing_fails_requests_under_way_at_once()
    {
        var sending = SendAsync();
        var behind = SendAsync();
        var asking = AskAsync();
        await attempts.Reader.ReadAsync(Token);
        await attempts.Reader.ReadAsync(Token);

        outbox.Close(End);

        await Should.ThrowAsync<ServerUnreachableException>(sending);
        (await Should.ThrowAsync<SignalNotSentException>(behind)).ShouldBeSameAs(End);
        await Should.ThrowAsync<ServerUnreachableException>(asking);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Closing_fails_requests_that_wait_for_another_try(bool mayHaveArrived)
    {
        var asking = AskAsync();
        (await attempts.Reader.ReadAsync(Token)).SetException(
            mayHaveArrived
                ? new ServerUnreachableException("No answer.")
                : ServerRefusedException.Of(new(429, "too-many-requests", "No."))
        );
        await clock.HasTimersAsync(1);

        outbox.Close(End);

        if (mayHaveArrived)
        {
            await Should.ThrowAsync<ServerUnreachableException>(asking);
        }
        else
        {
            (await Should.ThrowAsync<SignalNotSentException>(asking)).ShouldBeSameAs(End);
        }
    }

    [Fact]
    public async Task A_request_that_its_caller_cancelled_before_is_reported_as_cancelled()
    {
        using var giveUp = new CancellationTokenSource();
        var asking = AskUntilAsync(giveUp.Token);
        await attempts.Reader.ReadAsync(Token);

        await giveUp.CancelAsync();
        outbox.Close(End);

        await Should.ThrowAsync<OperationCanceledException>(asking);
    }

    [Fact]
    public async Task Draining_refuses_new_requests_except_those_of_closing_itself()
    {
        var before = AskAsync();
        var drained = outbox.DrainAsync(End, TimeSpan.FromSeconds(5));

        (await Should.ThrowAsync<SignalNotSentException>(AskAsync())).ShouldBeSameAs(End);
        var farewell = AskAsync(isFarewell: true);

        (await attempts.Reader.ReadAsync(Token)).SetResult(1);
        (await before).ShouldBe(1);
        drained.IsCompleted.ShouldBeFalse();
        (await attempts.Reader.ReadAsync(Token)).SetResult(2);
        (await farewell).ShouldBe(2);
        await drained.WaitAsync(Token);
    }

    private Task<ExchangeAnswer> SendAsync() =>
        outbox.SendAsync(
            OutgoingSignal.Write("bob", null, clock, JsonElement.Parse("1").WriteTo),
            CancellationToken.None
        );

    private Task<int> AskAsync(bool isFarewell = false) => AskUntilAsync(CancellationToken.None, isFarewell);

    private Task<int> AskUntilAsync(CancellationToken givenUp, bool isFarewell = false) =>
        outbox.AskAsync((_, stop) => AttemptAsync(stop), _ => true, isFarewell, givenUp);

    private Task<int> AttemptAsync(CancellationToken stop)
    {
        var answer = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        attempts.Writer.TryWrite(answer);
        return answer.Task.WaitAsync(stop);
    }
}
