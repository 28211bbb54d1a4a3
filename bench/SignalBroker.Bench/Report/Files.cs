using System.Text.Json;
using SignalBroker.LocalCluster;
using SignalBroker.Storm.Planning;

namespace SignalBroker.Bench.Report;

/// <summary>The files in <c>docs/performance/</c> that the benchmark writes.</summary>
public static class Files
{
    private static string Docs => Path.Combine(Repository.Root, "docs", "performance");

    private static string Json => Path.Combine(Docs, "benchmark.json");

    /// <summary>What was measured before; an empty report where there is none.</summary>
    public static BenchmarkReport Read() =>
        File.Exists(Json)
            ? JsonSerializer.Deserialize(File.ReadAllBytes(Json), ReportJson.Default.BenchmarkReport)!
            : new BenchmarkReport();

    /// <summary>Writes the report, and the costs that follow from it.</summary>
    public static async Task WriteAsync(BenchmarkReport report)
    {
        await File.WriteAllTextAsync(Json, JsonSerializer.Serialize(report, ReportJson.Default.BenchmarkReport) + "\n");
        await File.WriteAllTextAsync(Path.Combine(Docs, "benchmark.md"), Markdown.Render(report).TrimEnd() + "\n");
        foreach (var (name, chart) in ChartsOf(report))
        {
            await File.WriteAllTextAsync(Path.Combine(Docs, name), chart + "\n");
        }

        if (CostsOf(report) is { } costs)
        {
            await costs.WriteAsync(Path.Combine(Docs, "unit-costs.json"));
        }
    }

    private static IEnumerable<(string Name, string Chart)> ChartsOf(BenchmarkReport report)
    {
        if (report.Exchange is { } exchange)
        {
            yield return (
                "benchmark-signals.svg",
                StackedBars.Draw(
                    $"CPU µs per signal of {exchange.Rows[0].Saturated[0].Size:N0} B, as many as each takes",
                    [.. exchange.Rows.Select(row => (row.System, Medians(row.Saturated[0].CpuMicroseconds)))]
                )
            );
        }

        if (report.Connects is { } connects)
        {
            yield return (
                "benchmark-connects.svg",
                StackedBars.Draw(
                    "CPU µs per connect, until it listens",
                    [.. connects.Rows.Select(row => (row.System, Medians(row.CpuMicroseconds)))]
                )
            );
        }
    }

    private static Dictionary<string, double> Medians(IReadOnlyDictionary<string, Spread> spreads) =>
        spreads.ToDictionary(role => role.Key, role => role.Value.Median);

    private static UnitCosts? CostsOf(BenchmarkReport report)
    {
        if (
            report.Exchange?.Rows.FirstOrDefault(row => row.System == "SignalBroker") is not { } exchange
            || report.Connects?.Rows.FirstOrDefault(row => row.System == "SignalBroker") is not { } connects
        )
        {
            return null;
        }

        var (signals, origin) = (exchange.Saturated[0], report.Exchange.Origin);
        return new()
        {
            MeasuredOn = new(origin.Machine, DateOnly.FromDateTime(origin.Date.UtcDateTime), origin.Versions),
            SignalBytes = signals.Size,
            BrokerCpuMicrosecondsPerSignal = signals.CpuMicroseconds["broker"].Median,
            WebappCpuMicrosecondsPerSignal = signals.CpuMicroseconds["webapp"].Median,
            PostgresCpuMicrosecondsPerSignal = signals.CpuMicroseconds["postgres"].Median,
            BrokerCpuMicrosecondsPerConnect = connects.CpuMicroseconds["broker"].Median,
            WebappCpuMicrosecondsPerConnect = connects.CpuMicroseconds["webapp"].Median,
            PostgresCpuMicrosecondsPerConnect = connects.CpuMicroseconds["postgres"].Median,
            NodeKiBPerListener = connects.KiBPerListener,
            NodeMiBEmpty = connects.EmptyMiB,
            NodeErlangProcessesPerListener = connects.ErlangProcessesPerListener ?? 0,
            PostgresBytesPerSession = connects.DatabaseBytesPerSession ?? 0,
        };
    }
}
