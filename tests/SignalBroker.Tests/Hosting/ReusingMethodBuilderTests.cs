using System.Runtime.CompilerServices;
using SignalBroker.Hosting;

namespace SignalBroker.Tests.Hosting;

public sealed class ReusingMethodBuilderTests
{
    private const int Many = 3000;

    private static readonly AsyncLocal<int> Flowing = new();

    [Fact]
    public async Task Each_of_many_waiting_calls_ends_with_its_own_result_again_and_again()
    {
        for (var round = 0; round < 3; round++)
        {
            var signals = Enumerable.Range(0, Many).Select(_ => new TaskCompletionSource<int>()).ToArray();
            var calls = signals.Select((signal, number) => AddAsync(signal.Task, number).AsTask()).ToArray();

            Parallel.For(0, Many, number => signals[number * 7919 % Many].SetResult(number * 7919 % Many * Many));

            (await Task.WhenAll(calls)).ShouldBe(Enumerable.Range(0, Many).Select(number => number * (Many + 1)));
        }
    }

    [Fact]
    public async Task A_call_that_never_waits_has_its_result_at_once()
    {
        var call = AddAsync(Task.FromResult(1), 2);

        call.IsCompletedSuccessfully.ShouldBeTrue();
        (await call).ShouldBe(3);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_fault_reaches_the_caller(bool afterWaiting)
    {
        var signal = new TaskCompletionSource<int>();
        if (!afterWaiting)
        {
            signal.SetException(new InvalidOperationException("broken"));
        }

        var call = AddAsync(signal.Task, 1);
        signal.TrySetException(new InvalidOperationException("broken"));

        (await Should.ThrowAsync<InvalidOperationException>(async () => await call)).Message.ShouldBe("broken");
    }

    [Fact]
    public async Task The_execution_context_is_still_there_when_a_call_continues()
    {
        var signal = new TaskCompletionSource<int>();
        Flowing.Value = 1;
        var call = ReadAsync(signal.Task);
        Flowing.Value = 2;

        signal.SetResult(0);

        (await call).ShouldBe((1, 1));
        Flowing.Value.ShouldBe(2);
    }

    [AsyncMethodBuilder(typeof(ReusingMethodBuilder<>))]
    private static async ValueTask<int> AddAsync(Task<int> first, int second) => await first + second;

    [AsyncMethodBuilder(typeof(ReusingMethodBuilder<>))]
    private static async ValueTask<(int Before, int After)> ReadAsync(Task waited)
    {
        var before = Flowing.Value;
        await waited;
        return (before, Flowing.Value);
    }
}
