using System.ComponentModel.DataAnnotations;

namespace SignalBroker.Operations;

/// <summary>The settings under <c>Telemetry:</c>.</summary>
internal sealed class TelemetryOptions
{
    public const string Section = "Telemetry";

    /// <summary>
    /// A receiver of metrics and traces by OTLP over HTTP, such as <c>http://localhost:4318</c>. Without it nothing is
    /// sent or traced; <c>/metrics</c> on the internal port has all metrics in any case.
    /// </summary>
    public Uri? OtlpEndpoint { get; set; }

    /// <summary>The share of requests that are traced, from 0 to 1.</summary>
    [Range(0.0, 1.0)]
    public double TracedPart { get; set; } = 0.01;
}
