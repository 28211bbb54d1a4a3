using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using SignalBroker.Users;

namespace SignalBroker.Tests.Users;

/// <summary>An issuer's web server, which publishes what a test wants it to.</summary>
public sealed class KeySetServer : IAsyncDisposable
{
    private readonly WebApplication app;
    private volatile string body = """{"keys":[]}""";
    private volatile int status = StatusCodes.Status200OK;
    private int requests;

    private KeySetServer()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        app = builder.Build();
        app.MapGet("/keys", Answer);
        app.MapGet("/moved", () => Results.Redirect("/keys"));
    }

    public Uri Address => new($"{app.Urls.Single()}/keys");

    public Uri Redirecting => new($"{app.Urls.Single()}/moved");

    /// <summary>How often the keys have been asked for.</summary>
    public int Requests => Volatile.Read(ref requests);

    public static async Task<KeySetServer> StartAsync(params string[] entries)
    {
        var server = new KeySetServer();
        server.Publish(entries);
        await server.app.StartAsync(TestContext.Current.CancellationToken);
        return server;
    }

    public void Publish(params string[] entries) => PublishText($$"""{"keys":[{{string.Join(',', entries)}}]}""");

    public void PublishText(string text, int withStatus = StatusCodes.Status200OK) =>
        (body, status) = (text, withStatus);

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private IResult Answer()
    {
        Interlocked.Increment(ref requests);
        return Results.Text(body, "application/jwk-set+json", statusCode: status);
    }
}
