using Microsoft.Playwright;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Demo;

/// <summary>Opens demo pages for a test, and fails it if a browser had anything to complain about.</summary>
[Collection<BrowserCollection>]
public abstract class BrowserTests(TestCluster cluster, Browser browser) : IAsyncDisposable
{
    private readonly List<(IBrowserContext Window, Tab Tab)> opened = [];

    protected TestCluster Cluster => cluster;

    protected Browser Browser => browser;

    /// <summary>A name that no other test uses.</summary>
    protected static string Fresh(string name) => $"{name}-{Guid.NewGuid():N}"[..(name.Length + 7)];

    protected async Task<Tab> OpenAsync(Api webapp, string query = "", BrowserNewContextOptions? options = null)
    {
        var window = await browser.OpenWindowAsync(options);
        var tab = await Tab.OpenAsync(window, webapp, query);
        opened.Add((window, tab));
        return tab;
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        // A page that is still open complains, rightly, of what it sends to one that has been closed.
        string[] complaints = [.. opened.SelectMany(page => page.Tab.Complaints)];
        foreach (var (window, _) in opened)
        {
            await window.CloseAsync();
        }

        complaints.ShouldBeEmpty();
    }
}
