using System.Runtime.InteropServices;
using System.Security.Cryptography;
using SignalBroker.Storm.Clients;
using SignalBroker.Storm.Results;

namespace SignalBroker.Storm.Workers;

/// <summary>All workers of a load, and the sum of what they report.</summary>
internal sealed class Fleet : IAsyncDisposable
{
    private readonly WorkerProcess[] workers;
    private readonly WorkerReport?[] latest;
    private readonly Dictionary<int, int> finishedBy = [];
    private readonly Dictionary<string, LatencyHistogram> latencies = [];
    private readonly OrderedDictionary<string, bool> keys = [];
    private readonly Lock summing = new();
    private readonly string mainLatency;
    private LatencyHistogram recent = new();
    private TaskCompletionSource changed = NewSignal();
    private int orders;

    private Fleet(int count, string mainLatency)
    {
        this.mainLatency = mainLatency;
        latest = new WorkerReport?[count];
        workers = [.. Enumerable.Range(0, count).Select(n => WorkerProcess.Start(n, report => Take(n, report)))];
    }

    /// <summary>What the names of this load's users begin with.</summary>
    public string UserPrefix { get; } = $"storm.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}.";

    /// <summary>How many workers there are.</summary>
    public int Count => workers.Length;

    public IEnumerable<int> ProcessIds => workers.Select(worker => worker.ProcessId);

    /// <summary>How many users there are.</summary>
    public int Users { get; private set; }

    /// <summary>Fails as soon as a worker ends that should not.</summary>
    public Task Broken => Task.WhenAny(workers.Select(worker => worker.Ended)).Unwrap();

    public Totals Totals => Read(reports => reports.Aggregate(new Totals(), (sum, report) => sum + report.Totals));

    public Dictionary<string, long> Errors => Sum(report => report.Errors);

    /// <summary>How many sessions have listened by each protocol.</summary>
    public Dictionary<string, long> Protocols => Sum(report => report.Protocols);

    /// <summary>How many listen at each node's address.</summary>
    public Dictionary<string, int> Nodes =>
        Read(reports =>
            reports
                .SelectMany(report => report.Nodes)
                .GroupBy(node => node.Key)
                .ToDictionary(node => node.Key, node => node.Sum(one => one.Value))
        );

    /// <summary>When a user last began to listen, by the machine's monotonic clock.</summary>
    public long LastCameAt => Read(reports => reports.Select(report => report.LastCameAt).DefaultIfEmpty().Max());

    public Dictionary<string, LatencyReport> Latencies =>
        Read(_ => latencies.ToDictionary(latency => latency.Key, latency => LatencyReport.Of(latency.Value)));

    /// <summary>The listening keys of all sessions that listen, if keys are reported.</summary>
    public IReadOnlyList<string> Keys => Read(_ => keys.Keys.ToArray());

    /// <summary>Starts as many workers as the users need.</summary>
    public static async Task<Fleet> StartAsync(
        int users,
        int? workerCount,
        IReadOnlyList<Uri> urls,
        string? logFile,
        ListenerProtocol? protocol,
        string mainLatency
    )
    {
        var needed = (int)Math.Ceiling(users / (double)OpenFiles.UsersPerWorker);
        var fleet = new Fleet(Math.Clamp(workerCount ?? needed, needed, users), mainLatency) { Users = users };
        string[] addresses = [.. urls.Select(url => url.ToString())];
        var first = 0;
        foreach (var worker in fleet.workers)
        {
            var count = fleet.ShareOf(worker.Number, users);
            var log = logFile is null || fleet.Count == 1 ? logFile : $"{logFile}.{worker.Number}";
            await worker.SendAsync(new Begin(worker.Number, addresses, fleet.UserPrefix, first, count, log, protocol));
            first += count;
        }

        return fleet;
    }

    /// <summary>Gives each worker an order; returns the order's number.</summary>
    public async Task<int> OrderAsync(Func<int, Order> order)
    {
        var number = Interlocked.Increment(ref orders);
        foreach (var worker in workers)
        {
            await worker.SendAsync(order(worker.Number) with { Number = number });
        }

        return number;
    }

    /// <summary>Gives each worker an order, and waits until all have carried it out.</summary>
    public async Task CarryOutAsync(Func<int, Order> order, CancellationToken cancellationToken)
    {
        var number = await OrderAsync(order);
        await UntilAsync(() => finishedBy.GetValueOrDefault(number) == Count, cancellationToken);
    }

    /// <summary>Waits until something holds; it is asked whenever a worker has reported.</summary>
    public async Task UntilAsync(Func<bool> holds, CancellationToken cancellationToken)
    {
        var broken = Broken;
        while (true)
        {
            Task next;
            lock (summing)
            {
                if (holds())
                {
                    return;
                }

                next = changed.Task;
            }

            if (await Task.WhenAny(next, broken).WaitAsync(cancellationToken) == broken)
            {
                await broken;
            }
        }
    }

    /// <summary>A worker's part of something that all of them share.</summary>
    public int ShareOf(int worker, int whole) =>
        (int)(((long)whole * (worker + 1) / Count) - ((long)whole * worker / Count));

    /// <summary>The main latency since the last call.</summary>
    public LatencyHistogram TakeRecent() =>
        Read(_ =>
        {
            var taken = recent;
            recent = new();
            return taken;
        });

    /// <summary>The listening key of one of the sessions that listen, if keys are reported; null when there is none.</summary>
    public string? AnyKey(Random random) => Read(_ => keys.Count > 0 ? keys.GetAt(random.Next(keys.Count)).Key : null);

    public async ValueTask DisposeAsync()
    {
        foreach (var worker in workers)
        {
            try
            {
                await worker.DisposeAsync();
            }
            catch (LoadFailedException)
            {
                // It had ended before, and the load has heard of that.
            }
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private T Read<T>(Func<IEnumerable<WorkerReport>, T> read)
    {
        lock (summing)
        {
            return read(latest.OfType<WorkerReport>());
        }
    }

    private Dictionary<string, long> Sum(Func<WorkerReport, IReadOnlyDictionary<string, long>> counts) =>
        Read(reports =>
            reports
                .SelectMany(counts)
                .GroupBy(count => count.Key)
                .ToDictionary(same => same.Key, same => same.Sum(count => count.Value))
        );

    private void Take(int worker, WorkerReport report)
    {
        lock (summing)
        {
            latest[worker] = report;
            foreach (var number in report.Finished)
            {
                finishedBy[number] = finishedBy.GetValueOrDefault(number) + 1;
            }

            foreach (var (name, buckets) in report.Latencies)
            {
                (CollectionsMarshal.GetValueRefOrAddDefault(latencies, name, out _) ??= new()).Add(buckets);
                if (name == mainLatency)
                {
                    recent.Add(buckets);
                }
            }

            foreach (var key in report.Came)
            {
                keys.TryAdd(key, true);
            }

            foreach (var key in report.Went)
            {
                Forget(key);
            }

            changed.TrySetResult();
            changed = NewSignal();
        }
    }

    // The last one takes its place, so that no others have to move.
    private void Forget(string key)
    {
        if (keys.IndexOf(key) is >= 0 and var index)
        {
            var last = keys.GetAt(keys.Count - 1).Key;
            keys.RemoveAt(keys.Count - 1);
            if (last != key)
            {
                keys.SetAt(index, last, true);
            }
        }
    }
}
