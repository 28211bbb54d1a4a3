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

    public ILocator To => Page.GetByTestId("to");

    public ILocator Content => Page.GetByTestId("content");

    public ILocator Send => Page.GetByTestId("send");

    public ILocator Outcome => Page.GetByTestId("outcome");

    public ILocator Messages => Page.GetByTestId("message");

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

    /// <summary>How many requests went to this path.</summary>
    public int RequestsTo(string path) => requests.Count(request => request == path);

    public Task<string[]> StatesAsync() => Page.EvaluateAsync<string[]>("states");

    public async Task ShowsAsync(string state) => await Expect(State).ToHaveAttributeAsync("data-state", state);

    /// <summary>Connects with the button, and returns what the webapp answered, secrets included.</summary>
    public async Task<ConnectedSession> ConnectAsync(string userId = "", string device = "")
    {
        await UserId.FillAsync(userId);
        await Device.FillAsync(device);
        return await ReadSessionAsync(() => Connect.ClickAsync());
    }

    /// <summary>Connects as above, and waits until the page listens.</summary>
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

    /// <summary>Leaves a picture of the whole page among the artefacts.</summary>
    public Task PictureAsync(string name) =>
        Page.ScreenshotAsync(
            new()
            {
                Path = Path.Combine(Browser.Screenshots, name + ".png"),
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
        if (message.Type is "error" or "warning" && !isAnnounced)
        {
            complaints.Add($"{message.Type}: {message.Text} ({message.Location})");
        }
    }
}
