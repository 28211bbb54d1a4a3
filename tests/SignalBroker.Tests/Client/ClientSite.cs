using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Logging;
using Microsoft.Playwright;
using SignalBroker.LocalCluster;
using SignalBroker.Tests.Demo;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Client;

/// <summary>The tests of the TypeScript client in browsers: they share the servers, and break them one after the other.</summary>
[CollectionDefinition]
public sealed class ClientCollection : ICollectionFixture<ClientSite>, ICollectionFixture<Browser>;

/// <summary>Somebody's site whose pages use the TypeScript client, and servers of its own: two nodes, a webapp, a coturn.</summary>
public sealed class ClientSite : IAsyncLifetime
{
    private WebApplication site = null!;

    public Cluster Servers { get; private set; } = null!;

    /// <summary>The webapp that the pages use.</summary>
    public Webapp Webapp => Servers.Webapps[0];

    public TurnServer Turn => Servers.Turn!;

    public async ValueTask InitializeAsync()
    {
        var package = Path.Combine(Browser.FindRoot(), "src", "signalbroker-js");
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        site = builder.Build();
        Serve("/client", Path.Combine(package, "dist"));
        Serve("/examples", Path.Combine(package, "examples"));
        Serve("/packages", Path.Combine(package, "node_modules"));
        Serve("/site", Path.Combine(Browser.FindRoot(), "tests", "SignalBroker.Tests", "Client", "site"));
        await site.StartAsync();
        Servers = await Cluster.StartAsync(
            new ClusterOptions
            {
                Nodes = 2,
                Webapps = 1,
                Turn = true,
                WebappSettings = new Dictionary<string, string> { ["Cors:Origins:0"] = site.Urls.Single() },
            }
        );
        await Servers.AllNodesReadyAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Servers.DisposeAsync();
        await site.DisposeAsync();
    }

    /// <summary>Opens the page in a window.</summary>
    public async Task<ClientPage> OpenAsync(IBrowserContext window)
    {
        var page = new ClientPage(await window.NewPageAsync(), Webapp.PublicAddress);
        await GoAsync(page);
        return page;
    }

    /// <summary>Loads the page, perhaps again.</summary>
    public Task GoAsync(ClientPage page) => page.GoAsync($"{site.Urls.Single()}/site/index.html");

    /// <summary>Another webapp with settings of its own, which this site's pages may use.</summary>
    public Task<Webapp> AddWebappAsync(params (string Name, string Value)[] settings) =>
        Servers.AddWebappAsync([
            new("Cors:Origins:0", site.Urls.Single()),
            .. settings.Select(setting => KeyValuePair.Create(setting.Name, setting.Value)),
        ]);

    /// <summary>Starts whatever a test has left broken.</summary>
    public async Task MendAsync()
    {
        foreach (var part in Servers.Nodes.Concat<Part>([Webapp, Turn]).Where(part => !part.IsRunning))
        {
            await part.StartAsync();
        }

        await Servers.AllNodesReadyAsync();
    }

    private void Serve(string path, string folder) =>
        site.UseStaticFiles(
            new StaticFileOptions
            {
                RequestPath = path,
                FileProvider = new PhysicalFileProvider(folder),
                ContentTypeProvider = new FileExtensionContentTypeProvider(),
            }
        );
}
