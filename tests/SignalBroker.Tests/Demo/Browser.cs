using System.Collections;
using Microsoft.Playwright;

namespace SignalBroker.Tests.Demo;

/// <summary>The tests that share one browser, and therefore run one after the other.</summary>
[CollectionDefinition]
public sealed class BrowserCollection : ICollectionFixture<Browser>;

/// <summary>One real Chromium for all tests that need one, without the windows that take it as much time as the pages.</summary>
public class Browser : IAsyncLifetime
{
    // The servers share the machine's cores with the browser.
    private const float PatienceMs = 60_000;

    private IPlaywright playwright = null!;
    private IBrowser chromium = null!;

    /// <summary>Where the tests leave pictures of what they saw.</summary>
    public static string Screenshots { get; } = Path.Combine(Artifacts, "screenshots");

    private protected virtual string Executable => "/usr/bin/chromium-headless-shell";

    private static string Artifacts => Path.Combine(FindRoot(), "artifacts");

    public async ValueTask InitializeAsync()
    {
        Assertions.SetDefaultExpectTimeout(PatienceMs);
        playwright = await Playwright.CreateAsync();
        chromium = await playwright.Chromium.LaunchAsync(
            new()
            {
                ExecutablePath = Executable,
                Args =
                [
                    "--no-sandbox",
                    "--disable-gpu",
                    "--disable-quic",
                    "--no-first-run",
                    "--disable-background-networking",
                    "--disable-component-update",
                    "--disable-sync",
                    // A camera and a microphone of its own, and calls on a machine that has no network.
                    "--use-fake-ui-for-media-stream",
                    "--use-fake-device-for-media-stream=fps=5",
                    "--allow-loopback-in-peer-connection",
                ],
                Env = EnvironmentOfItsOwn(),
            }
        );
    }

    /// <summary>Opens a window that shares nothing with the others: another person's browser.</summary>
    public async Task<IBrowserContext> OpenWindowAsync(BrowserNewContextOptions? options = null)
    {
        var window = await chromium.NewContextAsync(options ?? new());
        window.SetDefaultTimeout(PatienceMs);
        return window;
    }

    public async ValueTask DisposeAsync()
    {
        await chromium.DisposeAsync();
        playwright.Dispose();
        GC.SuppressFinalize(this);
    }

    // Else crash reports and caches would go to the home folder of whoever runs the tests.
    internal static Dictionary<string, string> EnvironmentOfItsOwn()
    {
        var environment = Environment
            .GetEnvironmentVariables()
            .Cast<DictionaryEntry>()
            .ToDictionary(variable => (string)variable.Key, variable => (string)variable.Value!);
        environment["XDG_CONFIG_HOME"] = environment["XDG_CACHE_HOME"] = Path.Combine(Artifacts, "browser");
        return environment;
    }

    /// <summary>The checkout that the tests run in.</summary>
    public static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "SignalBroker.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The tests don't run inside the checkout.");
        }

        return folder.FullName;
    }
}

/// <summary>A Chromium that also shows notifications.</summary>
public sealed class WholeBrowser : Browser
{
    private protected override string Executable => "/usr/bin/chromium";
}
