using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using SignalBroker.Storm.Reports;
using SignalBroker.Storm.Results;

namespace SignalBroker.Storm.Status;

/// <summary>Answers on loopback how a load is doing, while it runs.</summary>
public sealed class StatusServer : IAsyncDisposable
{
    private readonly WebApplication app;

    private StatusServer(WebApplication app) => this.app = app;

    /// <summary>Where it answers.</summary>
    public Uri Address => new(app.Urls.First());

    /// <summary>Starts on this port, or on a free one.</summary>
    public static async Task<StatusServer> StartAsync(int? port, Func<LoadReport> snapshot)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port ?? 0));
        var server = builder.Build();
        server.MapGet("/live", () => TypedResults.Json(snapshot(), ReportJson.Default.LoadReport));
        await server.StartAsync();
        return new(server);
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();
}
