using System.Net;
using SignalBroker.Tests.Harness;
using SignalBroker.Tests.Inbox;

namespace SignalBroker.Tests.Rotation;

/// <summary>What users do all the time, each thing after the one before; every answer has to be right.</summary>
public sealed class Load : IAsyncDisposable
{
    private const int StandingListeners = 6;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly CancellationTokenSource ending = new();
    private readonly List<Activity> activities = [];
    private readonly List<Activity> sending = [];
    private readonly Api api;
    private readonly Listener sender;
    private readonly Listener throughSocket;
    private readonly Listener addressee;
    private readonly IReadOnlyList<Listener> standing;

    private Load(Api api, IReadOnlyList<Listener> listeners)
    {
        this.api = api;
        (sender, throughSocket, addressee) = (listeners[0], listeners[1], listeners[2]);
        standing = [.. listeners.Skip(3)];
    }

    private IEnumerable<Listener> Everybody => [sender, throughSocket, addressee, .. standing];

    /// <summary>Begins.</summary>
    /// <param name="more">What the secret is for, done all the time as well.</param>
    public static async Task<Load> StartAsync(Api api, params Func<Task>[] more)
    {
        var load = new Load(
            api,
            await Task.WhenAll(Enumerable.Range(0, 3 + StandingListeners).Select(_ => Listener.StartAsync(api)))
        );
        load.sending.AddRange(load.standing.Select(listener => load.Begin(count => load.SendAsync(listener, count))));
        load.Begin(_ => load.ComeAndGoAsync());
        load.Begin(load.SendThroughSocketAsync);
        load.Begin(load.StoreAndSettleAsync);
        foreach (var doAsync in more)
        {
            load.Begin(_ => doAsync());
        }

        return load;
    }

    /// <summary>Waits until everything has been done so many times more.</summary>
    public async Task FlowsAsync(int more = 3)
    {
        var goals = activities.ToDictionary(activity => activity, activity => activity.Count + more);
        await Eventually.HoldsAsync(() =>
            goals.ShouldAllBe(goal => goal.Key.Count >= goal.Value || goal.Key.Running.IsCompleted)
        );
        await Task.WhenAll(activities.Select(activity => activity.Running).Where(running => running.IsCompleted));
    }

    /// <summary>Ends, and checks that all was well: nothing failed, no socket was closed, and what was queued has arrived in order.</summary>
    public async Task StopAsync()
    {
        await FlowsAsync();
        await ending.CancelAsync();
        await Task.WhenAll(activities.Select(activity => activity.Running));
        foreach (var (listener, activity) in standing.Zip(sending))
        {
            for (var number = 0; number < activity.Count; number++)
            {
                (await listener.ReceiveAsync()).GetProperty("content").GetInt32().ShouldBe(number);
            }
        }

        Everybody.ShouldAllBe(listener => !listener.Closed.IsCompleted);
    }

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        foreach (var activity in activities)
        {
            await activity.Running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        foreach (var listener in Everybody)
        {
            await listener.DisposeAsync();
        }

        ending.Dispose();
    }

    private Activity Begin(Func<int, Task> doAsync)
    {
        var activity = new Activity(doAsync, ending.Token);
        activities.Add(activity);
        return activity;
    }

    private async Task SendAsync(Listener to, int number)
    {
        var answer = await api.ExchangeAsync(sender.Session, new { to = to.Session.UserId, content = number });
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        answer.OutcomeOrCode.ShouldBe("queued");
    }

    // A login at a node; at the end a webapp has the node close the socket.
    private async Task ComeAndGoAsync()
    {
        await using var listener = await Listener.StartAsync(api);
        (await api.ExchangeAsync(sender.Session, new { toSession = listener.Key, content = 1 })).OutcomeOrCode.ShouldBe(
            "queued"
        );
        await listener.ReceiveAsync();
        (await api.DisconnectAsync(listener.Session)).Status.ShouldBe(HttpStatusCode.NoContent);
        await listener.Closed.WaitAsync(Patience);
    }

    private async Task SendThroughSocketAsync(int number)
    {
        await throughSocket.SendAsync(
            new
            {
                id = $"{number}",
                toSession = sender.Key,
                content = number,
            }
        );
        (await sender.ReceiveAsync()).GetProperty("content").GetInt32().ShouldBe(number);
        var outcome = await throughSocket.ReceiveAsync();
        outcome.GetProperty("type").GetString().ShouldBe("outcome", outcome.ToString());
    }

    private async Task StoreAndSettleAsync(int number)
    {
        (await api.StoreAsync(sender.Session, addressee.Session.UserId, number)).ShouldBeStored();
        (await addressee.ReceiveAsync()).Number.ShouldBe(number);
        (await api.ReadInboxAsync(addressee.Session)).Sequences.ShouldBe([number + 1]);
        var settled = await api.SettleAsync(addressee.Session, new { upTo = number + 1 });
        settled.Status.ShouldBe(HttpStatusCode.OK, settled.Body);
    }

    private sealed class Activity
    {
        private volatile int count;

        public Activity(Func<int, Task> doAsync, CancellationToken ending) => Running = RunAsync(doAsync, ending);

        public int Count => count;

        public Task Running { get; }

        private async Task RunAsync(Func<int, Task> doAsync, CancellationToken ending)
        {
            while (!ending.IsCancellationRequested)
            {
                await doAsync(count);
                count++;
                await Task.Delay(Pause, TimeProvider.System, ending)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }
}
