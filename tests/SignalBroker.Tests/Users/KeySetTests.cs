using Microsoft.Extensions.Time.Testing;
using Microsoft.IdentityModel.Tokens;
using SignalBroker.Tests.Harness;
using SignalBroker.Users;

namespace SignalBroker.Tests.Users;

/// <summary>Keys that the issuer publishes: fetched seldom, changed at any moment, kept for a while when it is away.</summary>
public sealed class KeySetTests : IDisposable
{
    private static readonly UsersOptions Options = new() { Issuer = Issuer.Name, Audience = Issuer.Audience };

    private readonly Issuer issuer = new();
    private readonly Issuer next = new();
    private readonly FakeTimeProvider clock = new(new DateTimeOffset(2026, 11, 21, 12, 0, 0, TimeSpan.Zero));

    private KeySet? keys;

    public void Dispose()
    {
        keys?.Dispose();
        issuer.Dispose();
        next.Dispose();
    }

    [Fact]
    public async Task Published_keys_are_fetched_once_for_many_tokens()
    {
        await using var server = await KeySetServer.StartAsync(
            issuer.RsaEntry("rsa", ",\"alg\":\"RS256\",\"use\":\"sig\""),
            issuer.CurveEntry("curve", ",\"key_ops\":[\"verify\"]")
        );
        var verifier = VerifierFor(server.Address);
        server.Requests.ShouldBe(0);

        var verdicts = await Task.WhenAll(
            Enumerable
                .Range(0, 100)
                .Select(number =>
                    verifier.VerifyAsync(number % 2 == 0 ? Token("RS256", "rsa") : Token("ES256", "curve")).AsTask()
                )
        );

        verdicts.ShouldAllBe(verdict => verdict is TokenVerdict.Proves);
        server.Requests.ShouldBe(1);
    }

    [Fact]
    public async Task A_new_key_is_fetched_when_a_token_names_it_but_not_for_every_token()
    {
        await using var server = await KeySetServer.StartAsync(issuer.RsaEntry("old"));
        var verifier = VerifierFor(server.Address);
        await ProvesAsync(verifier, Token("RS256", "old"));
        server.Publish(issuer.RsaEntry("old"), next.RsaEntry("new"));

        for (var number = 0; number < 50; number++)
        {
            await PutsOffAsync(verifier, Token("RS256", $"made-up-{number}"), seconds: 30);
        }

        clock.Advance(TimeSpan.FromSeconds(10));
        await PutsOffAsync(verifier, Token("RS256", "new", next), seconds: 20);
        await RefusesAsync(verifier, Token("RS256", "old", next));
        server.Requests.ShouldBe(1);

        clock.Advance(TimeSpan.FromSeconds(20));
        await ProvesAsync(verifier, Token("RS256", "new", next));
        await ProvesAsync(verifier, Token("RS256", "old"));
        await RefusesAsync(verifier, Token("RS256", "old", next));
        server.Requests.ShouldBe(2);
    }

    [Fact]
    public async Task A_made_up_key_id_gets_nobody_elses_token_refused()
    {
        await using var server = await KeySetServer.StartAsync(issuer.RsaEntry("old"));
        var verifier = VerifierFor(server.Address);
        await ProvesAsync(verifier, Token("RS256", "old"));
        clock.Advance(TimeSpan.FromSeconds(30));
        await RefusesAsync(verifier, Token("RS256", "made-up"));
        server.Publish(next.RsaEntry("new"));

        await PutsOffAsync(verifier, Token("RS256", "new", next), seconds: 30);
        clock.Advance(TimeSpan.FromSeconds(30));
        await RefusesAsync(verifier, Token("RS256", "made-up"));
        await ProvesAsync(verifier, Token("RS256", "new", next));
        server.Requests.ShouldBe(3);
    }

    [Fact]
    public async Task A_new_key_is_waited_for_while_the_issuer_is_away()
    {
        await using var server = await KeySetServer.StartAsync(issuer.RsaEntry("old"));
        var verifier = VerifierFor(server.Address);
        await ProvesAsync(verifier, Token("RS256", "old"));
        server.PublishText("", 500);
        clock.Advance(TimeSpan.FromSeconds(30));

        await PutsOffAsync(verifier, Token("RS256", "new", next), seconds: 30);
        await ProvesAsync(verifier, Token("RS256", "old"));

        server.Publish(next.RsaEntry("new"));
        clock.Advance(TimeSpan.FromSeconds(30));
        await ProvesAsync(verifier, Token("RS256", "new", next));
    }

    [Fact]
    public async Task A_token_that_is_older_than_the_keys_is_refused_at_once()
    {
        var withdrawn = Issuer.ClaimsOf(
            "alice",
            clock.GetUtcNow(),
            $",\"iat\":{clock.GetUtcNow().ToUnixTimeSeconds()}"
        );
        clock.Advance(TimeSpan.FromSeconds(31));
        await using var server = await KeySetServer.StartAsync(next.RsaEntry("new"), Nameless(next));
        var verifier = VerifierFor(server.Address);
        await ProvesAsync(verifier, Token("RS256", "new", next));

        await RefusesAsync(verifier, issuer.Sign("RS256", """{"alg":"RS256","kid":"withdrawn"}""", withdrawn));
        var forged = await verifier.VerifyAsync(issuer.Sign("ES256", withdrawn));
        forged.ShouldBeOfType<TokenVerdict.Refused>().Forged.ShouldBeTrue();
        server.Requests.ShouldBe(1);
    }

    [Fact]
    public async Task A_secret_is_not_looked_for_among_published_keys()
    {
        await using var server = await KeySetServer.StartAsync(issuer.RsaEntry("rsa"));
        var verifier = VerifierFor(server.Address);

        await RefusesAsync(verifier, Token("HS256", "made-up"));
        server.Requests.ShouldBe(0);

        await ProvesAsync(verifier, Token("RS256", "rsa"));
        clock.Advance(TimeSpan.FromSeconds(30));
        await RefusesAsync(verifier, Token("HS256", "made-up"));
        server.Requests.ShouldBe(1);
    }

    [Fact]
    public async Task A_set_of_one_key_without_a_name_may_change_as_well()
    {
        await using var server = await KeySetServer.StartAsync(Nameless(issuer));
        var verifier = VerifierFor(server.Address);
        await ProvesAsync(verifier, issuer.Sign("ES256", Claims));
        server.Publish(Nameless(next));

        await PutsOffAsync(verifier, next.Sign("ES256", Claims), seconds: 30);
        clock.Advance(TimeSpan.FromSeconds(30));
        await ProvesAsync(verifier, next.Sign("ES256", Claims));

        await PutsOffAsync(verifier, issuer.Sign("ES256", Claims), seconds: 30);
        clock.Advance(TimeSpan.FromSeconds(30));
        await RefusesAsync(verifier, issuer.Sign("ES256", Claims));
    }

    [Fact]
    public async Task A_key_that_is_no_longer_published_is_no_longer_accepted()
    {
        await using var server = await KeySetServer.StartAsync(issuer.RsaEntry("old"));
        var verifier = VerifierFor(server.Address);
        await ProvesAsync(verifier, Token("RS256", "old"));
        server.Publish(next.RsaEntry("new"));
        await ProvesAsync(verifier, Token("RS256", "old"));

        // Within the interval for refreshing, and what that one token has set going.
        clock.Advance(TimeSpan.FromMinutes(5));
        await Eventually.HoldsAsync(() => PutsOffAsync(verifier, Token("RS256", "old"), seconds: 30));

        await ProvesAsync(verifier, Token("RS256", "new", next));
    }

    [Fact]
    public async Task Known_keys_serve_for_an_hour_while_the_issuer_is_away()
    {
        var server = await KeySetServer.StartAsync(issuer.RsaEntry("rsa"));
        var verifier = VerifierFor(server.Address);
        await ProvesAsync(verifier, Token("RS256", "rsa"));
        await server.DisposeAsync();

        foreach (var minutes in new[] { 10, 20, 29 })
        {
            clock.Advance(TimeSpan.FromMinutes(minutes));
            await ProvesAsync(verifier, Token("RS256", "rsa"));
            await PutsOffAsync(verifier, Token("RS256", "other"), seconds: 30);
        }

        clock.Advance(TimeSpan.FromMinutes(1));
        await PutsOffAsync(verifier, Token("RS256", "rsa"), seconds: 5);
    }

    [Theory]
    [InlineData("", 200)]
    [InlineData("<html>", 200)]
    [InlineData("[]", 200)]
    [InlineData("{}", 200)]
    [InlineData("""{"keys":{}}""", 200)]
    [InlineData("""{"keys":[],"keys":[]}""", 200)]
    [InlineData("GOOD", 500)]
    [InlineData("GOOD", 204)]
    [InlineData("HUGE", 200)]
    [InlineData("MANY", 200)]
    public async Task Anything_but_a_key_set_changes_nothing(string text, int status)
    {
        var good = $$"""{"keys":[{{issuer.RsaEntry("rsa")}}]}""";
        await using var server = await KeySetServer.StartAsync();
        var bad = text switch
        {
            "GOOD" => good,
            "HUGE" => good + new string(' ', 300_000),
            "MANY" => $$"""{"keys":[{{string.Join(',', Enumerable.Repeat("{}", 65))}}]}""",
            _ => text,
        };
        server.PublishText(bad, status);
        var verifier = VerifierFor(server.Address);

        (await verifier.VerifyAsync(Token("RS256", "rsa"))).ShouldBeOfType<TokenVerdict.Undecided>();
        server.PublishText(good);
        clock.Advance(TimeSpan.FromSeconds(1));
        await ProvesAsync(verifier, Token("RS256", "rsa"));

        server.PublishText(bad, status);
        clock.Advance(TimeSpan.FromMinutes(6));
        var asked = server.Requests;
        await ProvesAsync(verifier, Token("RS256", "rsa"));
        await Eventually.HoldsAsync(() =>
        {
            server.Requests.ShouldBeGreaterThan(asked);
            return Task.CompletedTask;
        });
        await ProvesAsync(verifier, Token("RS256", "rsa"));
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        await using var server = await KeySetServer.StartAsync(issuer.RsaEntry("rsa"));

        (
            await VerifierFor(server.Redirecting).VerifyAsync(Token("RS256", "rsa"))
        ).ShouldBeOfType<TokenVerdict.Undecided>();
        server.Requests.ShouldBe(0);
    }

    [Fact]
    public async Task Keys_that_are_not_for_verifying_tokens_are_left_out()
    {
        using var weak = System.Security.Cryptography.RSA.Create(1024);
        var small = weak.ExportParameters(includePrivateParameters: false);
        string[] unusable =
        [
            $$"""{"kty":"oct","kid":"k","alg":"HS256","k":"{{Issuer.Encode(issuer.Secret)}}"}""",
            issuer.RsaEntry("k", ",\"use\":\"enc\""),
            issuer.RsaEntry("k", ",\"key_ops\":[\"encrypt\"]"),
            issuer.RsaEntry("k", ",\"alg\":\"HS256\""),
            issuer.RsaEntry("k", ",\"alg\":\"PS256\""),
            issuer.CurveEntry("k", ",\"alg\":\"ES384\""),
            issuer.CurveEntry("k").Replace("P-256", "P-384"),
            issuer.CurveEntry("k").Replace("\"x\":\"", "\"x\":\"AAAA"),
            $$"""{"kty":"EC","crv":"P-256","kid":"k","x":"{{Issuer.Encode(new byte[32])}}","y":"{{Issuer.Encode(new byte[32])}}"}""",
            $$"""{"kty":"EC","crv":"P-256","kid":"k"}""",
            $$"""{"kty":"RSA","kid":"k","n":"","e":""}""",
            $$"""{"kty":"RSA","kid":"k","n":"AA","e":"AA"}""",
            $$"""{"kty":"RSA","kid":"k","n":"AAAA","e":"AQAB"}""",
            $$"""{"kty":"RSA","kid":"k","e":"AQAB"}""",
            $$"""{"kty":"RSA","kid":"k","n":"{{Issuer.Encode(small.Modulus)}}","e":"AQAB"}""",
            $$"""{"kty":7,"kid":"k"}""",
            "7",
            "null",
        ];
        await using var server = await KeySetServer.StartAsync([.. unusable, issuer.CurveEntry("good")]);
        var verifier = VerifierFor(server.Address);

        await ProvesAsync(verifier, Token("ES256", "good"));
        foreach (var algorithm in new[] { "HS256", "RS256", "ES256" })
        {
            clock.Advance(TimeSpan.FromSeconds(30));
            await RefusesAsync(verifier, Token(algorithm, "k"));
        }
    }

    [Fact]
    public async Task Configured_keys_work_beside_the_published_ones()
    {
        var server = await KeySetServer.StartAsync(next.RsaEntry("rsa"));
        var address = server.Address;
        await server.DisposeAsync();
        var verifier = VerifierFor(address, SigningKey.OfSecret("secret", issuer.Secret));

        await ProvesAsync(verifier, Token("HS256", "secret"));
        (await verifier.VerifyAsync(Token("RS256", "rsa"))).ShouldBeOfType<TokenVerdict.Undecided>();
    }

    private string Claims => Issuer.ClaimsOf("alice", clock.GetUtcNow());

    private static string Nameless(Issuer issuer) => issuer.CurveEntry("").Replace("\"kid\":\"\",", "");

    private string Token(string algorithm, string id, Issuer? by = null) =>
        (by ?? issuer).Sign(algorithm, $$"""{"alg":"{{algorithm}}","kid":"{{id}}"}""", Claims);

    private TokenVerifier VerifierFor(Uri address, params IReadOnlyList<SecurityKey> configured)
    {
        keys = Verifiers.KeySetOf(clock, new KeySetOptions { Address = address });
        return Verifiers.Of(clock, Options, keys, configured);
    }

    private static async Task ProvesAsync(TokenVerifier verifier, string token) =>
        (await verifier.VerifyAsync(token)).ShouldBe(new TokenVerdict.Proves("alice"));

    private static async Task PutsOffAsync(TokenVerifier verifier, string token, int seconds) =>
        (await verifier.VerifyAsync(token)).ShouldBe(new TokenVerdict.Undecided(TimeSpan.FromSeconds(seconds)));

    private static async Task RefusesAsync(TokenVerifier verifier, string token) =>
        (await verifier.VerifyAsync(token)).ShouldBeOfType<TokenVerdict.Refused>();
}
