using System.Text.Json;
using SignalBroker.Bench.Systems;
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

    /// <summary>Writes the report, and the costs that follow from it for each protocol.</summary>
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

        foreach (var broker in (Broker[])[Broker.Installed, .. Broker.OfNewest])
        {
            // Of two by STOMP the newest is left.
            if (CostsOf(report, broker) is { } costs)
            {
                await costs.WriteAsync(PathOf(UnitCosts.NameOf(broker.Protocol.Name.ToLowerInvariant())));
            }
        }
    }

    private static UnitCosts? CostsOf(BenchmarkReport report, Broker broker)
    {
        var system = SignalBrokerSystem.NameOn(broker);
        if (
            report.Exchange?.Rows.FirstOrDefault(row => row.System == system) is not { } exchange
            || report.Connects?.Rows.FirstOrDefault(row => row.System == system) is not { } connects
        )
        {
            return null;
        }

        var (signals, origin) = (exchange.Saturated[0], report.Exchange.Origin);
        return new()
        {
            MeasuredOn = new(
                origin.Machine,
                DateOnly.FromDateTime(origin.Date.UtcDateTime),
                broker.Protocol.Name,
                new Dictionary<string, string>
                {
                    ["RabbitMQ"] = broker.Version,
                    ["PostgreSQL"] = origin.Versions["PostgreSQL"],
                    [".NET"] = origin.Versions[".NET"],
                }
            ),
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
