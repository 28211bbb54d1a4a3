using System.Text.Json.Serialization;
using SignalBroker.Storm.Results;

namespace SignalBroker.Storm.Reports;

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
public sealed partial class ReportJson : JsonSerializerContext;
