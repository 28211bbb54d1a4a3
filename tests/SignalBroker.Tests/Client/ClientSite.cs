using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Logging;
using Microsoft.Playwright;
using SignalBroker.LocalCluster;
using SignalBroker.Tests.Demo;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Client;

/// <summary>Somebody's site that uses the TypeScript client, and a webapp that lets it.</summary>
public sealed class ClientSite(TestCluster cluster) : IAsyncLifetime
{
    private const string Html = """
        <!doctype html>
        <title>Somebody's calls</title>
        <link rel="icon" href="data:," />
        <script src="/packages/simple-peer/simplepeer.min.js"></script>
        <script type="importmap">
          {
            "imports": {
              "signalbroker": "/client/signalbroker.min.js",
              "simple-peer": "data:text/javascript,export default globalThis.SimplePeer"
            }
          }
        </script>
        <script type="module">
          import { connect } from "signalbroker";
          import { listen } from "/examples/simplePeer.js";

          globalThis.sockets = [];
          const openSocket = (address, protocols) => {
            const socket = new WebSocket(address, protocols);
            sockets.push(socket);
            return socket;
          };
          globalThis.listenWithSimplePeer = listen;
          globalThis.start = async (url, userId, options) => {
            globalThis.me = await connect({ url, userId, openSocket, ...options });
            globalThis.calls = [];
          };
        </script>
        """;

    private WebApplication server = null!;
    private Webapp webapp = null!;

    /// <summary>The webapp's address.</summary>
    public string Url => webapp.PublicAddress;

    public async ValueTask InitializeAsync()
    {
        var package = Path.Combine(Browser.FindRoot(), "src", "signalbroker-js");
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        server = builder.Build();
        Serve("/client", Path.Combine(package, "dist"));
        Serve("/examples", Path.Combine(package, "examples"));
        Serve("/packages", Path.Combine(package, "node_modules"));
        server.MapGet("/", () => Results.Content(Html, "text/html; charset=utf-8"));
        await server.StartAsync();
        webapp = await cluster.Servers.AddWebappAsync(
            new Dictionary<string, string> { ["Cors:Origins:0"] = server.Urls.Single() }
        );
    }

    /// <summary>Opens the page in a window of its own.</summary>
    public async Task<ClientPage> OpenAsync(Browser browser)
    {
        var window = await browser.OpenWindowAsync();
        var page = await window.NewPageAsync();
        var opened = new ClientPage(page, Url);
        await page.GotoAsync(server.Urls.Single());
        await page.WaitForFunctionAsync("globalThis.start !== undefined");
        return opened;
    }

    public async ValueTask DisposeAsync()
    {
        await webapp.StopAsync();
        await server.DisposeAsync();
    }

    private void Serve(string path, string folder) =>
        server.UseStaticFiles(
            new StaticFileOptions
            {
                RequestPath = path,
                FileProvider = new PhysicalFileProvider(folder),
                ContentTypeProvider = new FileExtensionContentTypeProvider(),
            }
        );
}

/// <summary>One person's page that uses the TypeScript client.</summary>
public sealed class ClientPage : IAsyncDisposable
{
    private readonly IPage page;
    private readonly string url;
    private readonly List<string> errors = [];

    public ClientPage(IPage page, string url)
    {
        this.page = page;
        this.url = url;
        page.PageError += (_, error) => errors.Add(error);
    }

    /// <summary>Connects a user; <c>me</c> is the client afterwards.</summary>
    public Task ListenAsync(string userId) =>
        page.EvaluateAsync("([url, userId]) => start(url, userId)", new[] { url, userId });

    /// <summary>Runs a script in the page.</summary>
    public Task RunAsync(string script, object? argument = null) => page.EvaluateAsync(script, argument);

    /// <summary>Runs a script in the page and returns its result.</summary>
    public Task<T> RunAsync<T>(string script, object? argument = null) => page.EvaluateAsync<T>(script, argument);

    /// <summary>Waits until an expression holds.</summary>
    public Task HoldsAsync(string expression) => page.WaitForFunctionAsync(expression);

    public async ValueTask DisposeAsync()
    {
        await page.Context.CloseAsync();
        errors.ShouldBeEmpty();
    }
}
