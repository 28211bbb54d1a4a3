using Microsoft.Playwright;
using SignalBroker.Tests.Demo;

namespace SignalBroker.Tests.Client;

/// <summary>Debian's Firefox, with a camera and a microphone of its own.</summary>
public sealed class Firefox : IAsyncLifetime
{
    private const float PatienceMs = 60_000;

    private IPlaywright playwright = null!;
    private IBrowser firefox = null!;

    public async ValueTask InitializeAsync()
    {
        playwright = await Playwright.CreateAsync();
        var environment = Browser.EnvironmentOfItsOwn();
        // It would make a folder for downloads at home.
        environment["HOME"] = Directory.CreateDirectory(environment["XDG_CONFIG_HOME"]).FullName;
        firefox = await playwright.Firefox.LaunchAsync(
            new()
            {
                // Makes Playwright speak WebDriver BiDi, the standard, instead of what its own Firefox understands.
                Channel = "moz-firefox",
                ExecutablePath = "/usr/bin/firefox-esr",
                Env = environment,
                FirefoxUserPrefs = new Dictionary<string, object>
                {
                    ["media.navigator.streams.fake"] = true,
                    ["media.navigator.permission.disabled"] = true,
                    ["media.peerconnection.ice.loopback"] = true,
                    ["dom.disable_open_during_load"] = false,
                },
            }
        );
    }

    /// <summary>Opens a window that shares nothing with the others.</summary>
    public async Task<IBrowserContext> OpenWindowAsync()
    {
        var window = await firefox.NewContextAsync();
        window.SetDefaultTimeout(PatienceMs);
        return window;
    }

    public async ValueTask DisposeAsync()
    {
        await firefox.DisposeAsync();
        playwright.Dispose();
    }
}
