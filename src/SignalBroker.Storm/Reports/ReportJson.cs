using System.Text.Json.Serialization;
using SignalBroker.Storm.Results;

namespace SignalBroker.Storm.Reports;

/// <summary>How everything that was measured is written as JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true
)]
[JsonSerializable(typeof(LoadReport))]
[JsonSerializable(typeof(ReportFile))]
public sealed partial class ReportJson : JsonSerializerContext;
