using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using SignalBroker.Storm.Reports;
using SignalBroker.Storm.Results;

namespace SignalBroker.Storm.Status;

/// <summary>Answers on loopback how a load is doing, while it runs.</summary>
/// <remarks>
/// <c>GET /status</c>: the results of the pokes. <c>GET /live</c>: everything that was measured so far.
/// <c>GET /</c>: the same as a page that keeps itself up to date.
/// </remarks>
public sealed class StatusServer : IAsyncDisposable
{
    private readonly WebApplication app;

    private StatusServer(WebApplication app) => this.app = app;

    public Uri Address => new(app.Urls.Single());

    /// <summary>Starts on this port, or on a free one.</summary>
    /// <exception cref="IOException">The port is taken.</exception>
    public static async Task<StatusServer> StartAsync(int? port, Func<LoadReport> snapshot)
    {
        // Empty: neither the console's log, nor settings that happen to lie in the working folder.
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port ?? 0));
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton<IHostLifetime, OwnersLifetime>();
        var server = builder.Build();

        server.MapGet("/status", () => TypedResults.Json(PokeStatus.Of(snapshot()), StatusJson.Default.PokeStatus));
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

    /// <summary>Lives as long as its owner wants: Ctrl-C is the load's, which still answers while it drains.</summary>
    private sealed class OwnersLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
