using System.Globalization;
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
    private readonly List<string> keys = [];
    private readonly Dictionary<string, int> keyIndexes = [];
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

    public int Count => workers.Length;

    public IEnumerable<int> ProcessIds => workers.Select(worker => worker.ProcessId);

    /// <summary>How many users there are.</summary>
    public int Users { get; private set; }

    /// <summary>Fails as soon as a worker has ended that should not.</summary>
    public Task Broken => Task.WhenAny(workers.Select(worker => worker.Ended)).Unwrap();

    /// <summary>Starts as many workers as the users need.</summary>
    public static async Task<Fleet> StartAsync(
        int users,
        int? workerCount,
        IReadOnlyList<Uri> urls,
        string? logFile,
        string mainLatency
    )
    {
        var needed = (int)Math.Ceiling(users / (double)OpenFiles.UsersPerWorker);
        var fleet = new Fleet(Math.Clamp(workerCount ?? needed, needed, users), mainLatency) { Users = users };
        foreach (var worker in fleet.workers)
        {
            var (first, next) = (fleet.FirstUserOf(worker.Number), fleet.FirstUserOf(worker.Number + 1));
            var log = logFile is null || fleet.Count == 1 ? logFile : $"{logFile}.{worker.Number}";
            await worker.SendAsync(
                new Begin(
                    worker.Number,
                    [.. urls.Select(url => url.ToString())],
                    fleet.UserPrefix,
                    first,
                    next - first,
                    log
                )
            );
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

    public Totals Totals
    {
        get
        {
            lock (summing)
            {
                var all = Reports().Select(report => report.Totals).ToList();
                return new()
                {
                    Connected = all.Sum(one => one.Connected),
                    Listening = all.Sum(one => one.Listening),
                    Dropped = all.Sum(one => one.Dropped),
                    Sent = all.Sum(one => one.Sent),
                    Queued = all.Sum(one => one.Queued),
                    Received = all.Sum(one => one.Received),
                    Lost = all.Sum(one => one.Lost),
                };
            }
        }
    }

    public Dictionary<string, long> Errors
    {
        get
        {
            lock (summing)
            {
                return Reports()
                    .SelectMany(report => report.Errors)
                    .GroupBy(error => error.Key)
                    .ToDictionary(errors => errors.Key, errors => errors.Sum(error => error.Value));
            }
        }
    }

    /// <summary>How many listen at each node's address.</summary>
    public Dictionary<string, int> Nodes
    {
        get
        {
            lock (summing)
            {
                return Reports()
                    .SelectMany(report => report.Nodes)
                    .GroupBy(node => node.Key)
                    .ToDictionary(node => node.Key, node => node.Sum(one => one.Value));
            }
        }
    }

    /// <summary>When somebody last came to listen, by the machine's monotonic clock.</summary>
    public long LastCameAt
    {
        get
        {
            lock (summing)
            {
                return Reports().Select(report => report.LastCameAt).DefaultIfEmpty().Max();
            }
        }
    }

    public Dictionary<string, LatencyReport> Latencies
    {
        get
        {
            lock (summing)
            {
                return latencies.ToDictionary(latency => latency.Key, latency => LatencyReport.Of(latency.Value));
            }
        }
    }

    /// <summary>The main latency since the last call.</summary>
    public LatencyHistogram TakeRecent()
    {
        lock (summing)
        {
            var taken = recent;
            recent = new();
            return taken;
        }
    }

    /// <summary>The listening key of one of the sessions that listen, if keys are told; null when there is none.</summary>
    public string? AnyKey(Random random)
    {
        lock (summing)
        {
            return keys.Count > 0 ? keys[random.Next(keys.Count)] : null;
        }
    }

    /// <summary>The listening keys of all sessions that listen, if keys are told.</summary>
    public IReadOnlyList<string> Keys
    {
        get
        {
            lock (summing)
            {
                return [.. keys];
            }
        }
    }

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

    private int FirstUserOf(int worker) => (int)((long)Users * worker / Count);

    private IEnumerable<WorkerReport> Reports() => latest.OfType<WorkerReport>();

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
                if (!latencies.TryGetValue(name, out var histogram))
                {
                    latencies[name] = histogram = new();
                }

                histogram.Add(buckets);
                if (name == mainLatency)
                {
                    recent.Add(buckets);
                }
            }

            foreach (var key in report.Came)
            {
                keyIndexes[key] = keys.Count;
                keys.Add(key);
            }

            foreach (var key in report.Went)
            {
                Forget(key);
            }

            changed.TrySetResult();
            changed = NewSignal();
        }
    }

    // The last one takes its place.
    private void Forget(string key)
    {
        if (keyIndexes.Remove(key, out var index))
        {
            var last = keys[^1];
            keys.RemoveAt(keys.Count - 1);
            if (last != key)
            {
                keys[index] = last;
                keyIndexes[last] = index;
            }
        }
    }
}
