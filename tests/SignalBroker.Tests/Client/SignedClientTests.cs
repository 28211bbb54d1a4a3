using SignalBroker.LocalCluster;
using SignalBroker.Tests.Demo;
using SignalBroker.Tests.Harness;
using SignalBroker.Tests.Users;
using static Microsoft.Playwright.Assertions;

namespace SignalBroker.Tests.Client;

/// <summary>The client where names take a token.</summary>
public sealed class SignedClientTests(ClientSite site, Browser browser, SignedSite tokens)
    : ClientTests(site, browser),
        IClassFixture<SignedSite>
{
    [Fact]
    public async Task A_token_that_has_ended_is_replaced_by_another_one()
    {
        var asked = 0;
        var page = await OpenAsync();
        await page.Page.ExposeFunctionAsync(
            "nextToken",
            () => tokens.TokenOf(Alice, validFor: TimeSpan.FromHours(asked++ == 0 ? -1 : 1))
        );

        await ListenWithTokenAsync(page, "nextToken");

        asked.ShouldBe(2);
        (await page.RunAsync<string>("() => me.userId")).ShouldBe(Alice);
        await page.RunAsync("() => sockets.at(-1).close()");
        await page.HoldsAsync("sockets.length === 2 && me.state.name === 'listening'");
        asked.ShouldBe(2);
    }

    [Fact]
    public async Task Who_has_no_good_token_is_refused_for_good()
    {
        var page = await OpenAsync();
        var forged = tokens.TokenOf(Alice, TimeSpan.FromHours(1))[..^4] + "AAAA";

        var code = await page.RunAsync<string>(
            "([url, token]) => start(url, null, { token }).then(() => 'listening', ({ code }) => code)",
            new[] { tokens.Webapp.PublicAddress, forged }
        );

        code.ShouldBe("token-invalid");
    }

    [Fact]
    public async Task An_anonymous_user_comes_back_as_the_same_one_and_in_the_same_call()
    {
        var anonymous = await OpenAsync();
        await anonymous.ListenAsync(userId: null, webapp: tokens.Webapp.PublicAddress);
        var bob = await OpenAsync();
        await bob.Page.ExposeFunctionAsync("nextToken", () => tokens.TokenOf(Bob, TimeSpan.FromHours(1)));
        await ListenWithTokenAsync(bob, "nextToken");
        await bob.RunAsync("() => acceptAll()");
        await anonymous.CallAsync(Bob);
        var first = await anonymous.RunAsync<string>("() => me.userId");
        (await bob.RunAsync<string>("() => callOf().peer")).ShouldBe(first);

        await anonymous.RunAsync("() => sockets.at(-1).close()");
        await anonymous.HoldsAsync("sockets.length === 2 && me.state.name === 'listening'");

        var second = await anonymous.RunAsync<string>("() => me.userId");
        second.ShouldBe(first);
        second.ShouldStartWith("anonymous.");
        await anonymous.RunAsync("async () => callOf().addMedia(await media({ video: true }))");
        await bob.SeesAsync(videos: 1);
        (await bob.RunAsync<string>("() => callOf().peer")).ShouldBe(second);
        await anonymous.TalksWithAsync(bob);
    }

    [Fact]
    public async Task An_anonymous_user_of_the_demo_page_loads_it_again_and_is_signed_in_under_another_name()
    {
        await using var window = await Browser.OpenWindowAsync();
        var tab = await Tab.OpenAsync(window, new Api(tokens.Webapp.PublicAddress));
        tab.WillBeRefused("/connect");
        var first = await tab.ListenAsync();

        await tab.Page.ReloadAsync();

        await tab.ShowsAsync("listening");
        (await tab.StatesAsync()).ShouldNotContain("signed-out");
        var second = await tab.UserId.InputValueAsync();
        second.ShouldStartWith("anonymous.");
        second.ShouldNotBe(first.UserId);
        await Expect(tab.MyUserId).ToHaveTextAsync(second);

        // The name that the form shows is a given one, and signs in again no less.
        await tab.Disconnect.ClickAsync();
        await tab.ShowsAsync("signed-out");
        await tab.Connect.ClickAsync();
        await tab.ShowsAsync("listening");
        await Expect(tab.MyUserId).Not.ToHaveTextAsync(second);
        tab.Complaints.ShouldBeEmpty();
    }

    private Task ListenWithTokenAsync(ClientPage page, string source) =>
        page.RunAsync($"(url) => start(url, null, {{ token: {source} }})", tokens.Webapp.PublicAddress);
}

/// <summary>A webapp that lets anonymous users in, and others with a token.</summary>
public sealed class SignedSite(ClientSite site) : IAsyncLifetime
{
    private readonly Issuer issuer = new();

    public Webapp Webapp { get; private set; } = null!;

    public string TokenOf(string userId, TimeSpan validFor) =>
        issuer.Sign(
            "HS256",
            Issuer.ClaimsOf(userId, TimeProvider.System.GetUtcNow() + validFor - TimeSpan.FromHours(1))
        );

    public async ValueTask InitializeAsync() =>
        Webapp = await site.Servers.AddWebappAsync(
            new Dictionary<string, string>
            {
                ["Users:Tokens"] = "Optional",
                ["Users:Issuer"] = Issuer.Name,
                ["Users:Audience"] = Issuer.Audience,
                ["Users:Keys:0:SecretBase64Url"] = Issuer.Encode(issuer.Secret),
            }
        );

    public async ValueTask DisposeAsync()
    {
        await Webapp.StopAsync();
        issuer.Dispose();
    }
}
