using Microsoft.Playwright;
using SignalBroker.LocalCluster;
using SignalBroker.Tests.Demo;

namespace SignalBroker.Tests.Client;

/// <summary>A test of the TypeScript client in real browsers, with two users of its own.</summary>
[Collection<ClientCollection>]
public abstract class ClientTests(ClientSite site, Browser browser) : IAsyncLifetime
{
    /// <summary>Options of a call with camera, microphone and a data channel.</summary>
    protected static readonly object VideoAndChannel = new { video = true, channels = new[] { "default" } };

    private readonly List<ClientPage> pages = [];

    protected ClientSite Site => site;

    protected Browser Browser => browser;

    protected string Alice { get; } = $"alice-{Guid.NewGuid():N}";

    protected string Bob { get; } = $"bob-{Guid.NewGuid():N}";

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    public virtual ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        foreach (var page in pages)
        {
            await page.DisposeAsync();
        }
    }

    /// <summary>Opens a page that does not listen yet.</summary>
    /// <param name="window">Where; a new window of Chromium if left out.</param>
    protected async Task<ClientPage> OpenAsync(IBrowserContext? window = null)
    {
        var page = await site.OpenAsync(window ?? await browser.OpenWindowAsync());
        pages.Add(page);
        return page;
    }

    /// <summary>Opens a page and connects a user there.</summary>
    protected async Task<ClientPage> ListenAsync(string userId, object? options = null)
    {
        var page = await OpenAsync();
        await page.ListenAsync(userId, options);
        return page;
    }

    /// <summary>Opens a page and connects a user there, on this node.</summary>
    protected async Task<ClientPage> ListenOnAsync(Node node, string userId)
    {
        var page = await OpenAsync();
        do
        {
            await page.RunAsync("() => globalThis.me?.close()");
            await page.ListenAsync(userId);
        } while (await page.RunAsync<string>("() => me.session.listeningAddress") != node.ListeningAddress);

        return page;
    }
}
