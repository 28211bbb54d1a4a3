using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using SignalBroker.Tests.Harness;
using SignalBroker.Tests.Inbox;

namespace SignalBroker.Tests.Failures;

/// <summary>Numbers, stored for one user at a steady rate through all webapps in turn; what is refused is sent again.</summary>
public sealed class StoredTraffic
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(20);

    private readonly ConcurrentQueue<(int Number, long At)> stored = new();
    private readonly ConcurrentQueue<string> refusals = new();
    private readonly string prefix = Guid.NewGuid().ToString("N");
    private readonly Task sending;
    private volatile bool stopping;

    private StoredTraffic(IReadOnlyList<Api> apis, ConnectedSession sender, string to) =>
        sending = Task.Run(() => SendAllAsync(apis, sender, to));

    /// <summary>How many have been answered as stored.</summary>
    public int Count => stored.Count;

    /// <summary>What was answered to those that were not stored: a status and a code.</summary>
    public IReadOnlyCollection<string> Refusals => refusals;

    /// <summary>The longest time without an answer that something is stored.</summary>
    public TimeSpan LongestGap =>
        stored
            .Zip(stored.Skip(1), (one, next) => Stopwatch.GetElapsedTime(one.At, next.At))
            .DefaultIfEmpty(TimeSpan.Zero)
            .Max();

    public static StoredTraffic Start(IReadOnlyList<Api> apis, ConnectedSession sender, string to) =>
        new(apis, sender, to);

    /// <summary>How long after this moment the first one was answered as stored.</summary>
    public TimeSpan FirstAfter(long moment) =>
        Stopwatch.GetElapsedTime(moment, stored.First(answer => answer.At > moment).At);

    /// <summary>Waits until so many more have been stored.</summary>
    public Task FlowsAsync(int more)
    {
        var goal = Count + more;
        return Eventually.HoldsAsync(() =>
        {
            sending.IsFaulted.ShouldBeFalse(sending.Exception?.ToString());
            Count.ShouldBeGreaterThanOrEqualTo(goal);
        });
    }

    /// <summary>Waits until something is refused.</summary>
    public Task IsRefusedAsync() => Eventually.HoldsAsync(() => refusals.ShouldNotBeEmpty());

    /// <summary>Stops sending; those that were answered as stored are the numbers from 1 to the result.</summary>
    public async Task<int> StopAsync()
    {
        stopping = true;
        await sending;
        stored.Select(answer => answer.Number).ShouldBe(Enumerable.Range(1, Count));
        return Count;
    }

    private async Task SendAllAsync(IReadOnlyList<Api> apis, ConnectedSession sender, string to)
    {
        using var beat = new PeriodicTimer(Beat);
        var (number, attempts) = (1, 0);
        while (!stopping)
        {
            var api = apis[attempts++ % apis.Count];
            var answer = await api.StoreAsync(sender, to, number, id: $"{prefix}-{number}");
            if (answer.Status == HttpStatusCode.OK)
            {
                answer.ShouldBeStored();
                stored.Enqueue((number++, Stopwatch.GetTimestamp()));
            }
            else
            {
                refusals.Enqueue($"{(int)answer.Status} {answer.Code}");
            }

            await beat.WaitForNextTickAsync(CancellationToken.None);
        }
    }
}
