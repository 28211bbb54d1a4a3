using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace SignalBroker.Storm.Workers;

/// <summary>A worker process: carries out what its standard input says, and ends when that does.</summary>
internal static class WorkerCommand
{
    private static readonly TimeSpan ReportInterval = TimeSpan.FromMilliseconds(500);

    public static async Task<int> RunAsync()
    {
        // Ctrl-C reaches every process of the terminal; what follows from it is up to the coordinator.
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => signal.Cancel = true);
        using var input = new StreamReader(Console.OpenStandardInput());
        await using var output = new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = true };
        if (await ReadAsync(input) is not Begin begin)
        {
            await Console.Error.WriteLineAsync("storm worker is started by the other commands.");
            return 1;
        }

        var ledger = new SignalLedger();
        await using var log = begin.LogFile is null ? null : new ReceivedLog(begin.LogFile);
        using var crowd = new Crowd(begin, ledger, log);
        using var worker = new Worker(crowd, ledger, log);
        using var ended = new CancellationTokenSource();
        var reporting = ReportAsync(worker, output, ended.Token);
        while (await ReadAsync(input) is { } order)
        {
            _ = worker.CarryOutAsync(order);
        }

        await ended.CancelAsync();
        await reporting;
        return 0;
    }

    private static async Task<Order?> ReadAsync(StreamReader input) =>
        await input.ReadLineAsync() is { } line ? JsonSerializer.Deserialize(line, WorkerJson.Default.Order) : null;

    private static async Task ReportAsync(Worker worker, StreamWriter output, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(ReportInterval, TimeProvider.System);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                var report = JsonSerializer.Serialize(worker.Report(), WorkerJson.Default.WorkerReport);
                await output.WriteLineAsync(report.AsMemory(), cancellationToken);
            }
        }
        catch (Exception over) when (over is OperationCanceledException or IOException)
        {
            // Nobody reads any more.
        }
    }
}

/// <summary>Carries out orders, one after the other or side by side, and reports.</summary>
internal sealed class Worker(Crowd crowd, SignalLedger ledger, ReceivedLog? log) : IDisposable
{
    private readonly ConcurrentQueue<int> finished = new();
    private Traffic? traffic;

    /// <summary>Carries out an order; a report says when that is done.</summary>
    public async Task CarryOutAsync(Order order)
    {
        switch (order)
        {
            case Connect connect:
                crowd.Connect(connect);
                break;
            case Send send:
                traffic = new Traffic(crowd, send, ledger);
                traffic.Start();
                break;
            case Cut cut:
                crowd.Cut(cut.ListeningAddress);
                break;
            case StopSending stop:
                await StopSendingAsync(TimeSpan.FromSeconds(stop.Drain));
                break;
            case Leave leave:
                var within = TimeSpan.FromSeconds(leave.Within);
                await StopSendingAsync(within / 2);
                await crowd.LeaveAsync(within);
                break;
            default:
                break;
        }

        finished.Enqueue(order.Number);
    }

    public void Dispose() => traffic?.Dispose();

    public WorkerReport Report()
    {
        List<int> done = [];
        while (finished.TryDequeue(out var number))
        {
            done.Add(number);
        }

        var (came, went, nodes) = crowd.TakeChanges();
        log?.Flush();
        return new WorkerReport
        {
            Totals = crowd.Counters.Totals,
            Errors = crowd.Counters.Errors,
            Latencies = crowd.Counters.TakeLatencies(),
            Nodes = nodes,
            Protocols = crowd.Counters.Protocols,
            Came = came,
            Went = went,
            LastCameAt = crowd.Counters.LastCameAt,
            Finished = done,
        };
    }

    private async Task StopSendingAsync(TimeSpan drain)
    {
        if (traffic is { IsStopped: false })
        {
            await traffic.StopAsync(drain);
            crowd.Counters.LostNow(ledger.Missing);
        }
    }
}
