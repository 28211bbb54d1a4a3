using Npgsql;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using SignalBroker.Broker;
using SignalBroker.Nodes;

namespace SignalBroker.Operations;

/// <summary>Wires monitoring: metrics for Prometheus, and metrics and traces over OTLP.</summary>
internal static class TelemetrySetup
{
    private static readonly string[] Meters =
    [
        OwnMeter.Name,
        "Microsoft.AspNetCore.Hosting",
        "Microsoft.AspNetCore.Server.Kestrel",
        "Npgsql",
        "System.Runtime",
    ];

    // To Prometheus, a name that ends in "count" is part of a histogram.
    private static readonly (string OwnName, string Name)[] Renamed =
    [
        ("db.client.connection.count", "db.client.connections"),
        ("dotnet.assembly.count", "dotnet.assemblies"),
        ("dotnet.process.cpu.count", "dotnet.process.cpus"),
        ("dotnet.timer.count", "dotnet.timers"),
    ];

    extension(WebApplicationBuilder builder)
    {
        /// <summary>Adds metrics, and traces if there is a receiver.</summary>
        public void AddTelemetry()
        {
            var options = builder.AddSettings<TelemetryOptions>(TelemetryOptions.Section);
            builder.Services.AddSingleton<BuildMetrics>();
            builder.Services.AddSingleton<CensusStore>();
            builder.Services.AddHostedService<Census>();
            var telemetry = builder
                .Services.AddOpenTelemetry()
                .ConfigureResource(resource =>
                    resource.AddService("signalbroker", serviceVersion: VersionCommand.Version)
                )
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
        public void MapTelemetry()
        {
            // Nobody else asks for these.
            app.Services.GetRequiredService<BuildMetrics>();
            app.Services.GetRequiredService<NodesMetrics>();
            app.MapPrometheusScrapingEndpoint("/metrics");
        }
    }

    private static void SendTo(OtlpExporterOptions exporter, Uri receiver, string what)
    {
        exporter.Protocol = OtlpExportProtocol.HttpProtobuf;
        exporter.Endpoint = new($"{receiver.AbsoluteUri.TrimEnd('/')}/v1/{what}");
    }
}
