using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace SignalBroker.Bench;

/// <summary>A bare Kestrel that answers every question of a node with "allow".</summary>
public static class AllowAll
{
    /// <summary>The word on the command line that runs it.</summary>
    public const string Command = "allow-all";

    /// <summary>Serves until it is told to end.</summary>
    public static async Task RunAsync(int port)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().UseUrls($"http://127.0.0.1:{port}");
        await using var app = builder.Build();
        var allow = "allow"u8.ToArray();
        app.Run(async context =>
        {
            // A body that is left unread costs its connection.
            await context.Request.Body.CopyToAsync(Stream.Null);
            context.Response.ContentType = "text/plain";
            context.Response.ContentLength = allow.Length;
            await context.Response.Body.WriteAsync(allow);
        });
        await app.RunAsync();
    }
}
