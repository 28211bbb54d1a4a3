using Microsoft.Extensions.Time.Testing;
using SignalBroker.Tests.Harness;
using SignalBroker.Users;

namespace SignalBroker.Tests.Users;

/// <summary>What the claims of a well-signed token must say.</summary>
public sealed class ClaimTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    private readonly Issuer issuer = new();

    private static long Second => Now.ToUnixTimeSeconds();

    public void Dispose() => issuer.Dispose();

    [Fact]
    public async Task A_token_is_good_until_it_has_expired_and_the_clocks_may_differ_a_little()
    {
        (await WithAsync(exp: $"{Second - 29}")).ShouldBe(new TokenVerdict.Proves("alice"));
        (await WithAsync(exp: $"{Second + 0.5}")).ShouldBe(new TokenVerdict.Proves("alice"));
        (await WithAsync(exp: $"{Second - 30}")).ShouldBeOfType<TokenVerdict.Expired>();
        (await WithAsync(exp: "0")).ShouldBeOfType<TokenVerdict.Expired>();
    }

    [Fact]
    public async Task A_token_is_not_good_before_it_begins()
    {
        (await WithAsync(more: $",\"nbf\":{Second + 30}")).ShouldBe(new TokenVerdict.Proves("alice"));
        (await WithAsync(more: $",\"nbf\":{Second + 31}")).ShouldBe(new TokenVerdict.Refused("it is not valid yet"));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("\"4102444800\"")]
    [InlineData("[4102444800]")]
    [InlineData("true")]
    [InlineData("-1")]
    [InlineData("1e400")]
    [InlineData("1e12")]
    [InlineData("9223372036854775807")]
    public async Task Times_are_numbers_of_seconds(string time)
    {
        (await WithAsync(exp: time)).ShouldBeOfType<TokenVerdict.Refused>();
        (await WithAsync(more: $",\"nbf\":{time}")).ShouldBeOfType<TokenVerdict.Refused>();
    }

    [Theory]
    [InlineData("\"alice b\"")]
    [InlineData("\"\"")]
    [InlineData("7")]
    [InlineData("null")]
    [InlineData("[\"alice\"]")]
    [InlineData("\"alice\\u0000\"")]
    [InlineData("\"al\\ud800ice\"")]
    public async Task A_sub_that_is_no_user_id_is_refused(string sub)
    {
        (await WithAsync(sub: "\"alice\"")).ShouldBe(new TokenVerdict.Proves("alice"));
        (await WithAsync(sub: sub)).ShouldBeOfType<TokenVerdict.Refused>();
    }

    [Fact]
    public async Task Another_claim_may_name_the_user()
    {
        var settings = new UsersOptions { UserIdClaim = "https://shop.example/user" };
        var verifier = Verifiers.Of(new FakeTimeProvider(Now), settings, issuer.Keys);

        var told = issuer.Sign("HS256", """{"sub":"auth0|1","https://shop.example/user":"Jürgen","exp":4102444800}""");
        var silent = issuer.Sign("HS256", """{"sub":"alice","exp":4102444800}""");

        (await verifier.VerifyAsync(told)).ShouldBe(new TokenVerdict.Proves("Jürgen"));
        (await verifier.VerifyAsync(silent))
            .ShouldBeOfType<TokenVerdict.Refused>()
            .Flaw.ShouldStartWith("its 'https://shop.example/user' must be the user id");
    }

    [Theory]
    [InlineData("\"https://issuer.example\"", true)]
    [InlineData("\"https://issuer.example/\"", false)]
    [InlineData("\"HTTPS://ISSUER.EXAMPLE\"", false)]
    [InlineData("[\"https://issuer.example\"]", false)]
    [InlineData("null", false)]
    [InlineData("7", false)]
    public async Task The_issuer_must_be_the_one_that_is_trusted(string iss, bool isGood)
    {
        (await WithAsync(iss: iss) is TokenVerdict.Proves).ShouldBe(isGood);
    }

    [Theory]
    [InlineData("\"signalbroker\"", true)]
    [InlineData("[\"other\",\"signalbroker\"]", true)]
    [InlineData("\"other\"", false)]
    [InlineData("[7,\"signalbroker\"]", false)]
    [InlineData("[\"other\"]", false)]
    [InlineData("[[\"signalbroker\"]]", false)]
    [InlineData("[]", false)]
    [InlineData("\"signalbroker other\"", false)]
    [InlineData("null", false)]
    public async Task The_audience_must_contain_this_server(string aud, bool isGood)
    {
        (await WithAsync(aud: aud) is TokenVerdict.Proves).ShouldBe(isGood);
    }

    [Theory]
    [InlineData("""{"iss":"https://issuer.example","aud":"signalbroker","sub":"alice"}""", "it has no 'exp'")]
    [InlineData("""{"iss":"https://issuer.example","aud":"signalbroker","exp":4102444800}""", "its 'sub'")]
    [InlineData("""{"aud":"signalbroker","sub":"alice","exp":4102444800}""", "its 'iss'")]
    [InlineData("""{"iss":"https://issuer.example","sub":"alice","exp":4102444800}""", "its 'aud'")]
    [InlineData(
        """{"sub":"mallory","iss":"https://issuer.example","aud":"signalbroker","sub":"alice","exp":4102444800}""",
        "its claims"
    )]
    [InlineData(
        """{"iss":"https://issuer.example","aud":"signalbroker","sub":"alice","exp":1,"\u0065xp":4102444800}""",
        "its claims"
    )]
    [InlineData("[]", "its claims")]
    [InlineData("alice", "its claims")]
    public async Task Nothing_may_be_missing_or_given_twice(string claims, string flaw)
    {
        var verdict = await VerifyAsync(claims, Issuer.Name, Issuer.Audience);

        verdict.ShouldBeOfType<TokenVerdict.Refused>().Flaw.ShouldStartWith(flaw);
    }

    [Fact]
    public async Task Without_a_configured_audience_a_token_that_has_one_is_refused()
    {
        var forNobody = $$"""{"sub":"alice","exp":{{Second + 60}}}""";
        var forSomebody = $$"""{"sub":"alice","aud":"other","exp":{{Second + 60}}}""";

        (await VerifyAsync(forNobody, issuerName: null, audience: null)).ShouldBe(new TokenVerdict.Proves("alice"));
        (await VerifyAsync(forSomebody, issuerName: null, audience: null)).ShouldBeOfType<TokenVerdict.Refused>();
    }

    private Task<TokenVerdict> WithAsync(
        string sub = "\"alice\"",
        string iss = $"\"{Issuer.Name}\"",
        string aud = $"\"{Issuer.Audience}\"",
        string exp = "4102444800",
        string more = ""
    ) =>
        VerifyAsync(
            $$"""{"sub":{{sub}},"iss":{{iss}},"aud":{{aud}},"exp":{{exp}}{{more}}}""",
            Issuer.Name,
            Issuer.Audience
        );

    private async Task<TokenVerdict> VerifyAsync(string claims, string? issuerName, string? audience) =>
        await Verifiers
            .Of(new FakeTimeProvider(Now), new UsersOptions { Issuer = issuerName, Audience = audience }, issuer.Keys)
            .VerifyAsync(issuer.Sign("HS256", claims));
}
