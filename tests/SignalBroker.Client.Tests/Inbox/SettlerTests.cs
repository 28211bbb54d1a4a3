using System.Threading.Channels;
using SignalBroker.Client.Tests.Harness;

namespace SignalBroker.Client.Tests.Inbox;

/// <summary>What is settled together, and what becomes of it when that fails.</summary>
public sealed class SettlerTests
{
    private readonly ManualClock clock = new();
    private readonly Channel<Request> requests = Channel.CreateUnbounded<Request>();
    private readonly List<long> through = [];
    private readonly Settler settler;

    public SettlerTests() => settler = new Settler(SettleAsync, through.Add, clock);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Sequences_settled_during_a_request_go_with_the_next_one()
    {
        var one = settler.SettleAsync(1);
        var first = await NextAsync();
        var others = Task.WhenAll(settler.SettleAsync(2), settler.SettleAsync(3));
        first.Sequences.ShouldBe([1]);
        requests.Reader.Count.ShouldBe(0);

        first.Answer.SetResult(1);
        await one;
        await clock.HasTimersAsync(1);
        clock.Advance(TimeSpan.FromMilliseconds(50));
        var second = await NextAsync();
        second.Sequences.ShouldBe([2, 3]);
        others.IsCompleted.ShouldBeFalse();
        second.Answer.SetResult(3);
        await others;
        through.ShouldBe([1, 3]);
    }

    [Fact]
    public async Task A_transient_failure_is_tried_again_in_order()
    {
        var one = settler.SettleAsync(1);
        (await NextAsync()).Answer.SetException(new ServerUnreachableException("gone"));
        await clock.HasTimersAsync(1);
        var two = settler.SettleAsync(2);
        clock.Advance(TimeSpan.FromMilliseconds(50));

        var again = await NextAsync();
        again.Sequences.ShouldBe([1]);
        again.Answer.SetResult(1);
        await one;
        await clock.HasTimersAsync(1);
        clock.Advance(TimeSpan.FromMilliseconds(50));
        (await NextAsync()).Answer.SetResult(2);
        await two;
    }

    [Fact]
    public async Task A_refusal_reaches_those_who_wait()
    {
        var one = settler.SettleAsync(1);
        var waiting = settler.WhenSettledAsync(1);
        (await NextAsync()).Answer.SetException(ServerRefusedException.Of(new(404, "not-found", "No.")));

        await Should.ThrowAsync<InvalidRequestException>(one);
        await Should.ThrowAsync<InvalidRequestException>(waiting);
        settler.WhenSettledAsync(1).IsCompletedSuccessfully.ShouldBeTrue();
        through.ShouldBeEmpty();
    }

    [Fact]
    public async Task Finishing_does_not_pause()
    {
        var one = settler.SettleAsync(1);
        (await NextAsync()).Answer.SetResult(1);
        await one;
        var two = settler.SettleAsync(2);

        var finishing = settler.FinishAsync(TimeSpan.FromMinutes(1));
        (await NextAsync()).Answer.SetResult(2);
        await finishing;
        two.IsCompletedSuccessfully.ShouldBeTrue();
    }

    private async Task<Request> NextAsync() => await requests.Reader.ReadAsync(Token);

    private Task<long> SettleAsync(IReadOnlyList<long> sequences, CancellationToken cancellationToken)
    {
        var request = new Request([.. sequences]);
        requests.Writer.TryWrite(request);
        return request.Answer.Task;
    }

    private sealed record Request(long[] Sequences)
    {
        public TaskCompletionSource<long> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
