using System.Threading.Channels;
using SignalBroker.Client.Sending;
using SignalBroker.Client.Tests.Harness;

namespace SignalBroker.Client.Tests.Sending;

/// <summary>What the sender of a signal is told that may have arrived.</summary>
public sealed class UnansweredTests
{
    private readonly ManualClock clock = new();
    private readonly Channel<TaskCompletionSource<int>> attempts = Channel.CreateUnbounded<TaskCompletionSource<int>>();
    private readonly Outbox<string> outbox;

    public UnansweredTests()
    {
        outbox = new Outbox<string>(
            new OneByOne<string>((_, _, _) => throw new NotSupportedException()),
            _ => { },
            clock
        );
        outbox.Open("alice");
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(401, true)]
    [InlineData(401, false)]
    [InlineData(429, true)]
    [InlineData(429, false)]
    public async Task It_is_not_reported_as_unsent_after_a_refusal(int status, bool isClosed)
    {
        var asking = AskAsync();
        await FailAsync(new ServerUnreachableException("No answer."));
        await AdvanceToNextAsync();
        await FailAsync(Refused(status));
        // Until it is sent again, or the time is over.
        await clock.HasTimersAsync(1);
        outbox.Pause();

        if (isClosed)
        {
            outbox.Close(new(SignalBrokerCode.Closed, "The end."));
        }

        clock.Advance(TimeSpan.FromSeconds(1));
        if (!isClosed)
        {
            await clock.HasTimersAsync(1);
            clock.Advance(TimeLimit.Usual);
        }

        await Should.ThrowAsync<ServerUnreachableException>(asking);
    }

    [Fact]
    public async Task It_is_not_reported_as_refused_when_the_server_asks_to_wait_too_long()
    {
        var asking = AskAsync();
        await FailAsync(new ServerUnreachableException("No answer."));
        await AdvanceToNextAsync();
        await FailAsync(Refused(429, TimeLimit.Usual));

        await Should.ThrowAsync<ServerUnreachableException>(asking);
    }

    private static ServerRefusedException Refused(int status, TimeSpan? retryAfter = null) =>
        ServerRefusedException.Of(
            new(status, status == 401 ? SignalBrokerCode.Unauthorized : "too-many-requests", "No.")
            {
                RetryAfter = retryAfter,
            }
        );

    private Task<int> AskAsync() =>
        outbox.AskAsync(
            (_, _) =>
            {
                var answer = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
                attempts.Writer.TryWrite(answer);
                return answer.Task;
            },
            _ => true,
            cancellationToken: Token
        );

    private async Task FailAsync(Exception failure) => (await attempts.Reader.ReadAsync(Token)).SetException(failure);

    private async Task AdvanceToNextAsync()
    {
        await clock.HasTimersAsync(1);
        clock.Advance(TimeSpan.FromSeconds(1));
    }
}
