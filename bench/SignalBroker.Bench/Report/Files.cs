using System.Text.Json;
using SignalBroker.LocalCluster;
using SignalBroker.Storm.Planning;

namespace SignalBroker.Bench.Report;

/// <summary>The files in <c>docs/performance/</c> that the benchmark writes.</summary>
public static class Files
{
    private static string Json => PathOf("benchmark.json");

    /// <summary>What was measured before; an empty report where there is none.</summary>
    public static BenchmarkReport Read() =>
        File.Exists(Json)
            ? JsonSerializer.Deserialize(File.ReadAllBytes(Json), ReportJson.Default.BenchmarkReport)!
            : new BenchmarkReport();

    /// <summary>Writes the report, and the costs that follow from it.</summary>
    public static async Task WriteAsync(BenchmarkReport report)
    {
        await File.WriteAllTextAsync(Json, JsonSerializer.Serialize(report, ReportJson.Default.BenchmarkReport) + "\n");
        await File.WriteAllTextAsync(PathOf("benchmark.md"), Markdown.Render(report));
        if (report.Exchange is { } exchange)
        {
            var title = $"CPU µs per signal of {exchange.Rows[0].Saturated[0].Size:N0} B, as many as each takes";
            var bars = exchange.Rows.Select(row => (row.System, row.Saturated[0].CpuMicroseconds));
            await File.WriteAllTextAsync(PathOf("benchmark-signals.svg"), StackedBars.Draw(title, [.. bars]) + "\n");
        }

        if (report.Connects is { } connects)
        {
            var bars = connects.Rows.Select(row => (row.System, row.CpuMicroseconds));
            await File.WriteAllTextAsync(
                PathOf("benchmark-connects.svg"),
                StackedBars.Draw("CPU µs per connect, until it listens", [.. bars]) + "\n"
            );
        }

        if (CostsOf(report) is { } costs)
        {
            await costs.WriteAsync(PathOf("unit-costs.json"));
        }
    }

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

    private static string PathOf(string file) => Path.Combine(Repository.Root, "docs", "performance", file);
}
