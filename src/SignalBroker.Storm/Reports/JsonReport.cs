using System.Text.Json;
using System.Text.Json.Serialization;
using SignalBroker.Storm.Results;

namespace SignalBroker.Storm.Reports;

/// <summary>Keeps reports in a file for other programs.</summary>
public static class JsonReport
{
    /// <summary>Writes the reports as <c>{"reports": […]}</c>, over what was there.</summary>
    public static async Task WriteAsync(IReadOnlyList<LoadReport> reports, string path)
    {
        await using var file = File.Create(path);
        await JsonSerializer.SerializeAsync(file, new ReportFile(reports), ReportJson.Default.ReportFile);
    }

    /// <summary>Reads what <see cref="WriteAsync"/> wrote.</summary>
    public static async Task<IReadOnlyList<LoadReport>> ReadAsync(string path)
    {
        await using var file = File.OpenRead(path);
        var content = await JsonSerializer.DeserializeAsync(file, ReportJson.Default.ReportFile);
        return content?.Reports ?? throw new JsonException($"{path} holds no reports.");
    }
}

/// <summary>What the file holds.</summary>
public sealed record ReportFile(IReadOnlyList<LoadReport> Reports);

/// <summary>How everything that was measured is written as JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    // A figure that is a share of nothing must not cost the whole report.
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    WriteIndented = true
)]
[JsonSerializable(typeof(LoadReport))]
[JsonSerializable(typeof(ReportFile))]
[JsonSerializable(typeof(PokeStatus))]
public sealed partial class ReportJson : JsonSerializerContext;
