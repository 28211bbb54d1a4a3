using System.Diagnostics;
using SignalBroker.Bench.Report;
using SignalBroker.Bench.Systems;
using SignalBroker.LocalCluster;

namespace SignalBroker.Bench;

/// <summary>Runs the benchmark, or its smoke, until it is over or a signal ends it.</summary>
internal static class BenchCommand
{
    private static readonly Stopwatch Watch = Stopwatch.StartNew();

    /// <summary>Measures the sections, all of them if none is named, and writes the files after each.</summary>
    public static Task<int> RunAsync(IReadOnlyCollection<string> only) =>
        UntilSignalledAsync(async cancellationToken =>
        {
            var report = Files.Read();
            foreach (var name in Sections.Names.Where(name => only.Count == 0 || only.Contains(name)))
            {
                Say($"== {name} ==");
                report = await new Sections(Scale.Full, Say).RunAsync(name, report, cancellationToken);
                await Files.WriteAsync(report);
            }

            Print(report);
            Say(
                "Written to docs/performance/: benchmark.md, benchmark.json and, with exchange and connects, unit-costs.json"
            );
        });

    /// <summary>Runs the sections small and short, and writes nothing.</summary>
    public static Task<int> SmokeAsync(IReadOnlyCollection<string> only) =>
        UntilSignalledAsync(async cancellationToken =>
        {
            var sections = new Sections(Scale.Quick, Say);
            var report = only.Count == 0 ? await sections.SmokeAsync(cancellationToken) : new();
            foreach (var name in Sections.Names.Where(only.Contains))
            {
                Say($"== {name} ==");
                report = await sections.RunAsync(name, report, cancellationToken);
            }

            Print(report);
        });

    private static async Task<int> UntilSignalledAsync(Func<CancellationToken, Task> run)
    {
        // The second signal ends this process at once; the servers end nevertheless.
        using var signals = new StopSignals();
        try
        {
            await run(signals.Token);
            return 0;
        }
        catch (OperationCanceledException) when (signals.Token.IsCancellationRequested)
        {
            Say("Stopped; everything that was started has ended.");
            return 130;
        }
        catch (Exception failure) when (failure is PartFailedException or ClientFailedException)
        {
            Console.Error.WriteLine(failure.Message);
            return 1;
        }
    }

    private static void Print(BenchmarkReport report)
    {
        foreach (var target in Targets.Judge(report))
        {
            Console.WriteLine($"{target.What}: {target.Measured} (wanted {target.Wanted})");
        }
    }

    private static void Say(string line) => Console.WriteLine($"{Watch.Elapsed:mm\\:ss} {line}");
}
