using System.Text.Json;
using Microsoft.Playwright;
using SignalBroker.Tests.Harness;
using static Microsoft.Playwright.Assertions;

namespace SignalBroker.Tests.Demo;

/// <summary>The demo page in a tab of one person's browser, and everything that the browser complained about.</summary>
public sealed class Tab
{
    // Runs before the page's own scripts: notes each state once, and lets the console hear of a broken policy.
    private const string Recorder = """
        window.states = [];
        addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
          console.error(`policy violated: ${violatedDirective} ${blockedURI}`));
        addEventListener("DOMContentLoaded", () => {
          const title = document.getElementById("state");
          const note = () => states.at(-1) !== title.dataset.state && states.push(title.dataset.state);
          note();
          new MutationObserver(note).observe(title, { attributes: true });
        });
        """;

    private readonly List<string> complaints = [];
    private readonly List<string> console = [];
    private readonly List<string> requests = [];
    private string? refused;
    private bool losesServers;

    private Tab(IPage page)
    {
        Page = page;
        page.PageError += (_, error) => complaints.Add(error);
        page.Console += (_, message) => Hear(message);
        page.Request += (_, request) => requests.Add(new Uri(request.Url).AbsolutePath);
    }

    public IPage Page { get; }

    public ILocator State => Page.GetByTestId("state");

    public ILocator Detail => Page.GetByTestId("state-detail");

    public ILocator UserId => Page.GetByTestId("user-id");

    public ILocator Device => Page.GetByTestId("device");

    public ILocator Connect => Page.GetByTestId("connect");

    public ILocator Disconnect => Page.GetByTestId("disconnect");

    public ILocator MyUserId => Page.GetByTestId("my-user-id");

    public ILocator MyKey => Page.GetByTestId("my-key");

    public ILocator CallNote => Page.GetByTestId("call-note");

    public ILocator CallVideo => Page.GetByTestId("call-video");

    public ILocator CallText => Page.GetByTestId("call-text");

    public ILocator Ringing => Page.GetByTestId("ringing");

    public ILocator Accept => Page.GetByTestId("accept");

    public ILocator Decline => Page.GetByTestId("decline");

    public ILocator HangUp => Page.GetByTestId("hang-up");

    public ILocator CallState => Page.GetByTestId("call-state");

    public ILocator Path => Page.GetByTestId("path");

    public ILocator Chat => Page.GetByTestId("chat");

    public ILocator ChatText => Page.GetByTestId("chat-text");

    public ILocator Files => Page.GetByTestId("file");

    /// <summary>The arrows of the sequence diagram.</summary>
    public ILocator Arrows => Page.GetByTestId("sequence").Locator(".step");

    public ILocator To => Page.GetByTestId("to");

    public ILocator Content => Page.GetByTestId("content");

    public ILocator Send => Page.GetByTestId("send");

    public ILocator Outcome => Page.GetByTestId("outcome");

    /// <summary>Has the server keep what is sent until it is delivered.</summary>
    public ILocator Keep => Page.GetByTestId("keep");

    public ILocator People => Page.GetByTestId("people");

    public ILocator Messages => Page.GetByTestId("message");

    public ILocator MissedCalls => Page.GetByTestId("missed-call");

    public ILocator WireLog => Page.GetByTestId("wire-log");

    /// <summary>Errors of the page, of its policy or of the console that the test did not announce.</summary>
    public IReadOnlyList<string> Complaints => complaints;

    /// <summary>Everything that was written to the console.</summary>
    public string ConsoleText => string.Join('\n', console);

    public static async Task<Tab> OpenAsync(IBrowserContext window, Api webapp, string query = "")
    {
        await window.AddInitScriptAsync(Recorder);
        var tab = new Tab(await window.NewPageAsync());
        await tab.Page.GotoAsync(new Uri(webapp.Address, "/" + query).AbsoluteUri);
        return tab;
    }

    /// <summary>Announces that the webapp will refuse requests to this path, which browsers log as an error.</summary>
    public void WillBeRefused(string path) => refused = path;

    /// <summary>Announces that a server will be broken, which browsers log as errors of the network.</summary>
    public void WillLoseServers() => losesServers = true;

    /// <summary>How many requests went to this path.</summary>
    public int RequestsTo(string path) => requests.Count(request => request == path);

    public Task<string[]> StatesAsync() => Page.EvaluateAsync<string[]>("states");

    public async Task ShowsAsync(string state) => await Expect(State).ToHaveAttributeAsync("data-state", state);

    public async Task ShowsCallAsync(string state) => await Expect(CallState).ToHaveAttributeAsync("data-state", state);

    /// <summary>Signs in, and returns what the webapp answered, secrets included.</summary>
    public async Task<ConnectedSession> ConnectAsync(string userId = "", string device = "")
    {
        await UserId.FillAsync(userId);
        if (device.Length > 0)
        {
            await Page.Locator(".options summary").ClickAsync();
            await Device.FillAsync(device);
        }

        return await ReadSessionAsync(() => Connect.ClickAsync());
    }

    /// <summary>Signs in as above, and waits until the page listens.</summary>
    public async Task<ConnectedSession> ListenAsync(string userId = "", string device = "")
    {
        var session = await ConnectAsync(userId, device);
        await ShowsAsync("listening");
        return session;
    }

    /// <summary>The session that the webapp's next answer to /connect holds.</summary>
    public async Task<ConnectedSession> ReadSessionAsync(Func<Task> action)
    {
        var response = await Page.RunAndWaitForResponseAsync(
            action,
            answer => answer.Url.EndsWith("/connect", StringComparison.Ordinal)
        );
        return JsonSerializer.Deserialize<ConnectedSession>(await response.BodyAsync(), JsonSerializerOptions.Web)!;
    }

    public async Task SendAsync(string to, string content)
    {
        await To.FillAsync(to);
        await Content.FillAsync(content);
        await Send.ClickAsync();
    }

    /// <summary>Waits until the list of people says so of a user: <c>listening</c>, <c>away</c> …</summary>
    public async Task SeesAsync(string userId, string presence) =>
        await Expect(People.Locator($"[data-user='{userId}']")).ToHaveAttributeAsync("data-presence", presence);

    /// <summary>How many of the other's frames the page has shown.</summary>
    public Task<int> FramesAsync() =>
        Page.GetByTestId("remote-video")
            .EvaluateAsync<int>("video => video.getVideoPlaybackQuality().totalVideoFrames");

    /// <summary>Waits until so many more of the other's frames have come.</summary>
    public async Task SeesMoreAsync(int frames = 10)
    {
        var wanted = await FramesAsync() + frames;
        await Eventually.HoldsAsync(async () => (await FramesAsync()).ShouldBeGreaterThan(wanted));
    }

    /// <summary>Leaves a picture of the whole page among the artefacts.</summary>
    public Task PictureAsync(string name) =>
        Page.ScreenshotAsync(
            new()
            {
                Path = System.IO.Path.Combine(Browser.Screenshots, name + ".png"),
                FullPage = true,
                Animations = ScreenshotAnimations.Disabled,
            }
        );

    private void Hear(IConsoleMessage message)
    {
        console.Add(message.Text);
        var isAnnounced =
            refused is not null
            && message.Text.StartsWith(
                "Failed to load resource: the server responded with a status of",
                StringComparison.Ordinal
            )
            && message.Location.Contains(refused);
        isAnnounced |=
            losesServers
            && (
                message.Text.Contains("net::ERR_")
                // A webapp that has just started reaches no node yet.
                || message.Text.Contains("a status of 503")
                // Whoever comes back first finds the other one still away.
                || (message.Text.Contains("a status of 404") && message.Location.Contains("/exchange"))
                || message.Text.StartsWith("WebSocket connection to", StringComparison.Ordinal)
            );
        if (message.Type is "error" or "warning" && !isAnnounced)
        {
            complaints.Add($"{message.Type}: {message.Text} ({message.Location})");
        }
    }
}
