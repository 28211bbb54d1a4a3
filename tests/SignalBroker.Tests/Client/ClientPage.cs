using Microsoft.Playwright;

namespace SignalBroker.Tests.Client;

/// <summary>One person's page that uses the TypeScript client; <c>site/page.js</c> says what a script may use there.</summary>
public sealed class ClientPage : IAsyncDisposable
{
    // A promise that is never settled fails its test, and does not stop the others. Servers may have to start meanwhile.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly string url;
    private readonly List<string> errors = [];

    public ClientPage(IPage page, string url)
    {
        (Page, this.url) = (page, url);
        page.PageError += (_, error) => errors.Add(error);
    }

    public IPage Page { get; }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async Task GoAsync(string address)
    {
        await Page.GotoAsync(address);
        await HoldsAsync("globalThis.start !== undefined");
    }

    /// <summary>Connects a user, an anonymous one if it has no name; <c>me</c> is the client afterwards.</summary>
    public Task ListenAsync(string? userId, object? options = null, string? webapp = null) =>
        RunAsync("([url, userId, options]) => start(url, userId, options)", new[] { webapp ?? url, userId, options });

    /// <summary>Runs a script in the page.</summary>
    public Task RunAsync(string script, object? argument = null) =>
        Page.EvaluateAsync(script, argument).WaitAsync(Patience, Token);

    /// <summary>Runs a script in the page and returns its result.</summary>
    public Task<T> RunAsync<T>(string script, object? argument = null) =>
        Page.EvaluateAsync<T>(script, argument).WaitAsync(Patience, Token);

    /// <summary>Waits until an expression holds; a promise is awaited.</summary>
    public Task HoldsAsync(string expression) => Page.WaitForFunctionAsync(expression);

    /// <summary>Calls a user, until both are connected.</summary>
    public Task<string> CallAsync(string userId, object? options = null) =>
        RunAsync<string>("([userId, options]) => call(userId, options ?? {})", new[] { userId, options });

    /// <summary>Both have one call with each other, and what is said there comes back.</summary>
    public async Task TalksWithAsync(ClientPage other)
    {
        var mine = await RunAsync<string[]>("() => me.calls.map(({ id }) => id)");
        var theirs = await other.RunAsync<string[]>("() => me.calls.map(({ id }) => id)");
        var id = mine.Intersect(theirs).ShouldHaveSingleItem();
        await other.RunAsync("(id) => echo(id)", id);
        (await RunAsync<string>("(id) => say('hello', id)", id)).ShouldEndWith(" heard hello");
    }

    /// <summary>Waits until so many videos of the newest call have really been decoded.</summary>
    public Task SeesAsync(int videos) => HoldsAsync($"decodedVideos().then((count) => count === {videos})");

    public async ValueTask DisposeAsync()
    {
        await Page.Context.CloseAsync();
        errors.ShouldBeEmpty();
    }
}
