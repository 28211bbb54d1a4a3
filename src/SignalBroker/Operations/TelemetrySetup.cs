using Npgsql;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using SignalBroker.Broker;
using SignalBroker.Hosting;
using SignalBroker.Sessions;

namespace SignalBroker.Operations;

/// <summary>Wires what monitoring reads: metrics for Prometheus, and by OTLP metrics and traces.</summary>
internal static class TelemetrySetup
{
    private const string Service = "signalbroker";
    private const string Path = "/metrics";

    private static readonly string[] Meters =
    [
        SessionsMetrics.Meter,
        "Microsoft.AspNetCore.Hosting",
        "Microsoft.AspNetCore.Server.Kestrel",
        "Npgsql",
        "System.Runtime",
    ];

    // Prometheus takes a name that ends so for a part of a histogram.
    private static readonly (string OwnName, string Name)[] Renamed =
    [
        ("db.client.connection.count", "db.client.connections"),
        ("dotnet.assembly.count", "dotnet.assemblies"),
        ("dotnet.process.cpu.count", "dotnet.process.cpus"),
        ("dotnet.timer.count", "dotnet.timers"),
    ];

    extension(WebApplicationBuilder builder)
    {
        /// <summary>Adds the collecting of metrics, and of traces if somebody is to get them.</summary>
        public void AddTelemetry()
        {
            builder.AddSettings<TelemetryOptions>(TelemetryOptions.Section);
            var options =
                builder.Configuration.GetSection(TelemetryOptions.Section).Get<TelemetryOptions>()
                ?? new TelemetryOptions();
            var telemetry = builder
                .Services.AddOpenTelemetry()
                .ConfigureResource(resource => resource.AddService(Service, serviceVersion: VersionCommand.Version))
                .WithMetrics(metrics =>
                {
                    metrics.AddMeter(Meters).AddPrometheusExporter();
                    foreach (var (ownName, name) in Renamed)
                    {
                        metrics.AddView(ownName, name);
                    }
                });
            if (options.OtlpEndpoint is not { } receiver)
            {
                return;
            }

            telemetry
                .WithMetrics(metrics => metrics.AddOtlpExporter(exporter => SendTo(exporter, receiver, "metrics")))
                .WithTracing(tracing =>
                    tracing
                        .SetSampler(new ParentBasedSampler(new TraceIdRatioBasedSampler(options.TracedPart)))
                        .AddSource(PublishTrace.Source)
                        .AddAspNetCoreInstrumentation()
                        .AddNpgsql()
                        .AddOtlpExporter(exporter => SendTo(exporter, receiver, "traces"))
                );
        }
    }

    extension(WebApplication app)
    {
        /// <summary>Maps <c>/metrics</c> on the internal port.</summary>
        public void MapTelemetry() => app.MapPrometheusScrapingEndpoint(Path);
    }

    private static void SendTo(OtlpExporterOptions exporter, Uri receiver, string what)
    {
        exporter.Protocol = OtlpExportProtocol.HttpProtobuf;
        exporter.Endpoint = new($"{receiver.AbsoluteUri.TrimEnd('/')}/v1/{what}");
    }
}
