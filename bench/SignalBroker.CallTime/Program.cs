using Microsoft.Playwright;
using SignalBroker.LocalCluster;

// From the click on "Video call" to the other's first picture, on the demo page: usage: SignalBroker.CallTime [calls]
var calls = args is [{ } text] ? int.Parse(text) : 20;
const int WarmUp = 2;
const string Steps = "steps => steps.map(({ dataset }) => `${dataset.label}|${dataset.at}`)";
string[] milestones = ["ring", "accept", "connected", "first picture"];

await using var cluster = await Cluster.StartAsync(
    new ClusterOptions
    {
        Nodes = 1,
        // Nothing of the servers runs in this process.
        WithoutBalancer = true,
        Progress = Console.Error.WriteLine,
    }
);
using var playwright = await Playwright.CreateAsync();
await using var chromium = await playwright.Chromium.LaunchAsync(
    new()
    {
        ExecutablePath = "/usr/bin/chromium",
        Args =
        [
            "--no-sandbox",
            "--disable-gpu",
            "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream",
            "--allow-loopback-in-peer-connection",
        ],
    }
);
var alice = await SignInAsync("alice");
var bob = await SignInAsync("bob");
await bob.GetByTestId("answer-all").CheckAsync();
await alice.GetByTestId("to").FillAsync("bob");

var times = milestones.ToDictionary(milestone => milestone, _ => new List<double>());
for (var call = -WarmUp; call < calls; call++)
{
    await CallAsync();
    if (call >= 0)
    {
        foreach (var (milestone, at) in await MilestonesAsync())
        {
            times[milestone].Add(at);
        }
    }

    await HangUpAsync();
}

Console.WriteLine($"ms after the click, {calls} calls: median (lowest to highest)");
foreach (var (milestone, measured) in times)
{
    var sorted = measured.Order().ToArray();
    var median = (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    Console.WriteLine($"{milestone, -14} {median, 6:0} ({sorted[0]:0} to {sorted[^1]:0})");
}

async Task<IPage> SignInAsync(string userId)
{
    var window = await chromium.NewContextAsync();
    var page = await window.NewPageAsync();
    await page.GotoAsync($"{cluster.Webapps[0].PublicAddress}/?user={userId}&autoconnect=1");
    await page.Locator("#state[data-state=listening]").WaitForAsync();
    return page;
}

async Task CallAsync()
{
    await alice.GetByRole(AriaRole.Button, new() { Name = "Clear the diagram" }).ClickAsync();
    await alice.GetByTestId("call-video").ClickAsync();
    foreach (var page in new[] { alice, bob })
    {
        await page.Locator("#stage.has-picture[data-call=connected]").WaitForAsync();
    }
}

async Task<IEnumerable<(string Milestone, double At)>> MilestonesAsync()
{
    var steps = await alice.Locator(".step").EvaluateAllAsync<string[]>(Steps);
    return milestones.Select(milestone =>
        (
            milestone,
            double.Parse(steps.First(step => step.StartsWith(milestone, StringComparison.Ordinal)).Split('|')[1])
        )
    );
}

async Task HangUpAsync()
{
    await alice.GetByTestId("hang-up").ClickAsync();
    foreach (var page in new[] { alice, bob })
    {
        await page.Locator("#stage[data-call=ended]").WaitForAsync();
    }
}
