using Microsoft.Extensions.Logging.Abstractions;
using SignalBroker.Http;
using SignalBroker.Identity;
using SignalBroker.Sessions;
using SignalBroker.Signals;
using SignalBroker.Tests.Signals;

namespace SignalBroker.Tests.Threats;

/// <summary>What has been answered before it is sent is sent in its order, and is bounded.</summary>
public sealed class HiddenQueueTests
{
    private static readonly Func<Task<Func<Task>>> Nowhere = () =>
        Task.FromResult<Func<Task>>(() => Task.CompletedTask);

    private readonly HiddenQueue queue = new(TimeProvider.System, NullLogger<HiddenQueue>.Instance);
    private readonly List<int> sent = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_order_is_kept_however_long_it_takes_to_find_an_addressee()
    {
        var found = new TaskCompletionSource();
        Add(1, found.Task);
        Add(2, Task.CompletedTask);
        await queue.StartAsync(Token);
        var turn = queue.TurnAsync(SenderOf("s.alice"));
        turn.IsCompleted.ShouldBeFalse();
        found.SetResult();

        await turn;

        sent.ShouldBe([1, 2]);
        queue.TurnAsync(SenderOf("s.alice")).IsCompleted.ShouldBeTrue();
        await queue.StopAsync(Token);
    }

    [Fact]
    public async Task Whoever_has_sent_nothing_to_anybody_hidden_waits_for_nobody()
    {
        Add(1, Task.CompletedTask);

        queue.TurnAsync(SenderOf("s.bob")).IsCompleted.ShouldBeTrue();
        queue.TurnAsync(Sender.FromApplication("shop")).IsCompleted.ShouldBeTrue();
        await queue.StartAsync(Token);
        await queue.StopAsync(Token);
    }

    [Fact]
    public async Task What_was_accepted_is_sent_before_the_webapp_stops_also_after_a_failure()
    {
        await queue.StartAsync(Token);
        queue.Add("s.alice", 1, () => Task.FromException<Func<Task>>(new TimeoutException()));
        queue.Add("s.alice", 1, () => Task.FromResult<Func<Task>>(() => Task.FromException(new TimeoutException())));
        for (var number = 0; number < 1200; number++)
        {
            Add(number, Task.CompletedTask);
        }

        await queue.StopAsync(Token);

        sent.ShouldBe(Enumerable.Range(0, 1200));
        Should.Throw<RefusedException>(() => Add(0, Task.CompletedTask));
    }

    [Fact]
    public void So_many_bytes_wait_and_no_more()
    {
        foreach (var size in (int[])[65536, 0])
        {
            while (TryAdd(size, Nowhere)) { }
        }

        Should.Throw<RefusedException>(() => queue.TurnAsync(SenderOf("s.alice")).GetAwaiter().GetResult());
        queue.TurnAsync(SenderOf("s.bob")).IsCompleted.ShouldBeTrue();
    }

    [Fact]
    public async Task What_the_nodes_have_not_answered_counts_as_well()
    {
        var answered = new TaskCompletionSource();
        await queue.StartAsync(Token);

        while (TryAdd(8 << 20, () => Task.FromResult<Func<Task>>(() => answered.Task)))
        {
            await queue.TurnAsync(SenderOf("s.alice"));
        }

        answered.SetResult();
        await queue.StopAsync(Token);
    }

    [Fact]
    public async Task A_sender_of_many_does_not_keep_others_waiting()
    {
        for (var number = 0; number < 100; number++)
        {
            Add(number, Task.CompletedTask);
        }

        var first = new TaskCompletionSource<int>();
        queue.Add(
            "s.bob",
            1,
            () =>
                Task.FromResult<Func<Task>>(() =>
                {
                    first.SetResult(sent.Count);
                    return Task.CompletedTask;
                })
        );
        await queue.StartAsync(Token);

        (await first.Task).ShouldBe(10);
        await queue.StopAsync(Token);
    }

    private bool TryAdd(int size, Func<Task<Func<Task>>> findAsync)
    {
        try
        {
            queue.Add("s.alice", size, findAsync);
            return true;
        }
        catch (RefusedException)
        {
            return false;
        }
    }

    private void Add(int number, Task found) =>
        queue.Add(
            "s.alice",
            1,
            async () =>
            {
                await found;
                return () =>
                {
                    sent.Add(number);
                    return Task.CompletedTask;
                };
            }
        );

    private static Sender SenderOf(string listeningKey) =>
        new Session
        {
            UserId = "alice",
            ListeningKey = listeningKey,
            Node = "",
            PasscodeSha256 = [],
        };
}
