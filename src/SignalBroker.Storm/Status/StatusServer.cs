using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using SignalBroker.Storm.Reports;
using SignalBroker.Storm.Results;

namespace SignalBroker.Storm.Status;

/// <summary>Tells on loopback how a running load is doing.</summary>
/// <remarks>
/// <c>GET /status</c>: the results of the pokes. <c>GET /live</c>: everything that was measured so far.
/// <c>GET /</c>: the same as a page that keeps itself up to date.
/// </remarks>
public sealed class StatusServer : IAsyncDisposable
{
    private static readonly JsonSerializerOptions WithoutBuckets = new(ReportJson.Default.Options)
    {
        TypeInfoResolver = ReportJson.Default.WithAddedModifier(LeaveBucketsOut),
    };

    private readonly WebApplication app;

    private StatusServer(WebApplication app) => this.app = app;

    public Uri Address => new(app.Urls.Single());

    /// <summary>Starts on this port, or on a free one.</summary>
    /// <exception cref="IOException">The port is taken.</exception>
    public static async Task<StatusServer> StartAsync(int? port, Func<LoadReport> snapshot)
    {
        // Empty: no console log, and no settings that happen to be in the working folder.
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port ?? 0));
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton<IHostLifetime, LoadLifetime>();
        var server = builder.Build();

        server.MapGet("/status", () => TypedResults.Json(PokeStatus.Of(snapshot()), WithoutBuckets));
        server.MapGet("/live", () => TypedResults.Json(snapshot(), ReportJson.Default.LoadReport));
        server.MapGet("/", () => TypedResults.Content(LivePage.Draw(snapshot()), "text/html; charset=utf-8"));
        try
        {
            await server.StartAsync();
            return new(server);
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    // Percentiles say enough of a latency.
    private static void LeaveBucketsOut(JsonTypeInfo type)
    {
        if (type.Properties.FirstOrDefault(property => property.Name == "buckets") is { } buckets)
        {
            type.Properties.Remove(buckets);
        }
    }

    /// <summary>Leaves Ctrl-C to the load, which still answers while it drains.</summary>
    private sealed class LoadLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
