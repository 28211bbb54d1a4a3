using System.Diagnostics;
using SignalBroker.Bench.Systems;
using SignalBroker.Bench.Wire;
using SignalBroker.Storm.Workers;

namespace SignalBroker.Bench.Measurements;

/// <summary>Sends signals from the first clients of a population to all of them in turn.</summary>
/// <param name="size">Each signal's content, in characters.</param>
/// <param name="perRequest">How many signals a sender that saturates sends at once, to one addressee.</param>
public sealed class Load(ISystem system, Population population, int size, int perRequest = 1)
{
    private static readonly TimeSpan DrainLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan DrainStep = TimeSpan.FromMilliseconds(5);

    private readonly int senders = Math.Min(system.Senders, population.Count);

    /// <summary>As many as the system takes: each sender waits for its answer before it sends again.</summary>
    /// <param name="limit">How many to send at most.</param>
    public async Task<LoadSample> SaturateAsync(
        TimeSpan duration,
        CancellationToken cancellationToken,
        int limit = Tally.Capacity
    )
    {
        var tally = system.Arrivals.Begin();
        var cpu = CpuMeter.Start(system);
        var start = Stopwatch.GetTimestamp();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        over.CancelAfter(duration);
        var sending = Task.WhenAll(Enumerable.Range(0, senders).Select(sender => Task.Run(() => SendAsync(sender))));
        await sending.WaitAsync(over.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        if (sending.IsCompleted)
        {
            // All of them were sent before the time was over: the last one's arrival ends the run.
            await DrainAsync(tally, cancellationToken);
        }

        var sample = LoadSample.Of(tally, cpu, Stopwatch.GetElapsedTime(start));
        await over.CancelAsync();
        await sending;
        await DrainAsync(tally, cancellationToken);
        return sample.After(tally);

        async Task SendAsync(int sender)
        {
            if (perRequest > 1)
            {
                await SendSeveralAsync(sender);
                return;
            }

            var signal = new Signal(size);
            var arrival = new Answer();
            for (var to = sender; !over.IsCancellationRequested && tally.TryNext(limit, out var stamp); to += senders)
            {
                var arrived = system.Answers ? default : tally.ArrivalOf(stamp, arrival);
                var accepted = await population[sender]
                    .SendAsync(population[to % population.Count], signal.With(stamp));
                tally.Answered(stamp, accepted);
                if (!system.Answers && accepted)
                {
                    await arrived;
                }
            }
        }

        async Task SendSeveralAsync(int sender)
        {
            var signals = Enumerable.Range(0, perRequest).Select(_ => new Signal(size)).ToArray();
            for (var to = sender; !over.IsCancellationRequested; to += senders)
            {
                var stamps = signals.Select(signal => tally.Stamp(signal)).ToArray();
                var accepted = await population[sender].SendAllAsync(population[to % population.Count], signals);
                foreach (var stamp in stamps)
                {
                    tally.Answered(stamp, accepted);
                }
            }
        }
    }

    /// <summary>At a fixed rate, whatever the answers; latency counts from the moment when a signal was due.</summary>
    public async Task<LoadSample> PaceAsync(int perSecond, TimeSpan duration, CancellationToken cancellationToken)
    {
        var tally = system.Arrivals.Begin();
        var cpu = CpuMeter.Start(system);
        var start = Stopwatch.GetTimestamp();
        var queues = Enumerable.Range(0, senders).Select(_ => new SemaphoreSlim(1, 1)).ToArray();
        var signals = Enumerable.Range(0, senders).Select(_ => new Signal(size)).ToArray();
        var open = 0;
        await SendAllAsync();
        var sample = LoadSample.Of(tally, cpu, Stopwatch.GetElapsedTime(start));
        var watch = Stopwatch.StartNew();
        while (Volatile.Read(ref open) > 0 && watch.Elapsed < DrainLimit)
        {
            await Task.Delay(DrainStep, TimeProvider.System, cancellationToken);
        }

        await DrainAsync(tally, cancellationToken);
        return sample.After(tally);

        async Task SendAllAsync()
        {
            var left = (int)(perSecond * duration.TotalSeconds);
            var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            using var pacer = new Pacer(perSecond, burst: 1, Due);
            await over.Task.WaitAsync(cancellationToken);

            void Due(long moment)
            {
                if (left > 0)
                {
                    _ = SendAsync(--left, moment);
                }
                else
                {
                    over.TrySetResult();
                }
            }
        }

        async Task SendAsync(int number, long due)
        {
            Interlocked.Increment(ref open);
            var sender = number % senders;
            var stamp = tally.Next(due);
            await queues[sender].WaitAsync(CancellationToken.None);
            try
            {
                // Another step than the senders', so that every pair meets.
                var to = population[(int)(number * 7919L % population.Count)];
                tally.Answered(stamp, await population[sender].SendAsync(to, signals[sender].With(stamp)));
            }
            finally
            {
                queues[sender].Release();
                Interlocked.Decrement(ref open);
            }
        }
    }

    /// <summary>Waits until everything that was accepted has arrived, but not for ever.</summary>
    private static async Task DrainAsync(Tally tally, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        while (tally.Arrived < tally.Accepted && watch.Elapsed < DrainLimit)
        {
            await Task.Delay(DrainStep, TimeProvider.System, cancellationToken);
        }
    }
}

/// <summary>What one run of a load has measured.</summary>
public sealed record LoadSample
{
    public required double PerSecond { get; init; }

    /// <summary>The CPU time for each arrival in µs, by role.</summary>
    public required IReadOnlyDictionary<string, double> CpuMicroseconds { get; init; }

    public required TimeSpan Elapsed { get; init; }

    public int Sent { get; init; }

    public int Arrived { get; init; }

    /// <summary>Signals that were refused, or not answered.</summary>
    public int Failed { get; init; }

    /// <summary>Signals that were accepted and did not arrive.</summary>
    public int Lost { get; init; }

    /// <summary>The median latency in µs; 0 where it was not measured.</summary>
    public double P50 { get; init; }

    /// <summary>The 99th percentile of the latency in µs; 0 where it was not measured.</summary>
    public double P99 { get; init; }

    /// <summary>Reads the figures at this moment.</summary>
    public static LoadSample Of(Tally tally, CpuMeter cpu, TimeSpan elapsed)
    {
        var arrived = Math.Max(1, tally.Arrived);
        return new()
        {
            PerSecond = tally.Arrived / elapsed.TotalSeconds,
            CpuMicroseconds = cpu.Read().ToDictionary(spent => spent.Key, spent => spent.Value / arrived),
            Elapsed = elapsed,
        };
    }

    /// <summary>Adds what became of the signals, once the last ones have arrived.</summary>
    public LoadSample After(Tally tally)
    {
        var delivery = tally.Delivery;
        return this with
        {
            Sent = tally.Sent,
            Arrived = tally.Arrived,
            Failed = tally.Failed,
            Lost = tally.Lost,
            P50 = delivery.Percentile(0.5),
            P99 = delivery.Percentile(0.99),
        };
    }
}
