using System.Net;
using System.Net.Http.Headers;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Users;

/// <summary>Who may connect as whom, when users have tokens.</summary>
[Collection<SignedCollection>]
public sealed class SignedUsersTests(TestCluster cluster, SignedWebapps webapps)
{
    // Where the number of sessions of an address is limited, each test has one of its own.
    private static int lastAddress;

    private readonly Api required = new(
        webapps.Required.PublicAddress,
        IPAddress.Parse($"127.0.1.{Interlocked.Increment(ref lastAddress)}")
    );

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    [Theory]
    [InlineData("HS256")]
    [InlineData("RS256")]
    [InlineData("ES256")]
    public async Task A_token_connects_its_user(string algorithm)
    {
        var session = (await ConnectAsync(required, Token("alice", algorithm))).Session;

        session.UserId.ShouldBe("alice");
        await using var listener = await Listener.StartAsync(session);
        (
            await required.ExchangeAsync(session, new { toSession = session.ListeningKey, content = 1 })
        ).Outcomes.ShouldBe([(session.ListeningKey, "queued")]);
        (await listener.ReceiveAsync()).GetProperty("from").GetString().ShouldBe("alice");
    }

    [Fact]
    public async Task A_form_takes_a_token_as_well()
    {
        var answer = await required.PostFormAsync("/connect", new() { ["device"] = "phone" }, Bearer(Token("alice")));

        answer.Session.UserId.ShouldBe("alice");
        answer.Session.Device.ShouldBe("phone");
    }

    [Fact]
    public async Task Nobody_connects_without_a_token_where_one_is_required()
    {
        foreach (var userId in new[] { null, "alice" })
        {
            var answer = await required.PostAsync("/connect", new { userId });

            answer.Status.ShouldBe(HttpStatusCode.Unauthorized);
            answer.Code.ShouldBe("token-missing");
            answer.Headers.WwwAuthenticate.ToString().ShouldBe("Bearer realm=\"signals\"");
        }

        var basic = await required.PostAsync("/connect", new { }, new("Basic", "YWxpY2U6YWxpY2U="));
        basic.Code.ShouldBe("token-missing");
    }

    [Fact]
    public async Task Where_tokens_are_optional_a_user_id_still_needs_one()
    {
        var api = webapps.OptionalApi;

        (await ConnectAsync(api, Token("alice"))).Session.UserId.ShouldBe("alice");
        (await api.PostAsync("/connect", new { })).Session.UserId.ShouldStartWith("anonymous.");
        (await api.PostAsync("/connect", new { userId = "alice" })).Code.ShouldBe("token-missing");
        (await ConnectAsync(api, Token("alice") + "x")).Code.ShouldBe("token-invalid");
        (await ConnectAsync(api, "")).Code.ShouldBe("token-invalid");
    }

    [Fact]
    public async Task The_body_may_not_name_another_user_than_the_token()
    {
        var same = await required.PostAsync("/connect", new { userId = "alice" }, Bearer(Token("alice")));
        var other = await required.PostAsync("/connect", new { userId = "bob" }, Bearer(Token("alice")));

        same.Session.UserId.ShouldBe("alice");
        other.Status.ShouldBe(HttpStatusCode.Forbidden);
        other.Code.ShouldBe("user-id-mismatch");
    }

    [Fact]
    public async Task An_expired_token_is_told_apart_so_that_a_client_can_fetch_another()
    {
        var expired = await ConnectAsync(required, Token("alice", now: Now.AddHours(-2)));
        var forged = await ConnectAsync(required, Token("alice", now: Now.AddHours(-2)) + "A");

        expired.Status.ShouldBe(HttpStatusCode.Unauthorized);
        expired.Code.ShouldBe("token-expired");
        expired
            .Headers.WwwAuthenticate.ToString()
            .ShouldBe(
                "Bearer realm=\"signals\", error=\"invalid_token\", error_description=\"The token has expired.\""
            );
        forged.Status.ShouldBe(HttpStatusCode.Unauthorized);
        forged.Code.ShouldBe("token-invalid");
        forged.Headers.WwwAuthenticate.ToString().ShouldContain("error=\"invalid_token\"");
    }

    [Fact]
    public async Task Two_authorizations_are_one_too_many()
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/connect")
        {
            Content = new StringContent("{}", MediaTypeHeaderValue.Parse("application/json")),
        };
        request.Headers.TryAddWithoutValidation(
            "Authorization",
            [$"Bearer {Token("alice")}", $"Bearer {Token("mallory")}"]
        );
        request.RequestUri = new Uri(required.Address, request.RequestUri!);
        using var http = new HttpClient();

        using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);

        response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_forged_token_is_strange()
    {
        using var forger = new Issuer();

        (await ConnectAsync(required, forger.Sign("HS256", Issuer.ClaimsOf("alice", Now)))).Code.ShouldBe(
            "token-invalid"
        );

        await Eventually.HoldsAsync(async () =>
            (await cluster.StrangeAsync("bruteForce")).ShouldContain(row =>
                row.Detail == "token with a wrong signature at /connect"
            )
        );
    }

    [Fact]
    public async Task While_tokens_are_off_nobody_looks_at_them_and_the_webapp_warns()
    {
        var answer = await cluster.Api.PostAsync("/connect", new { userId = "mallory" }, Bearer("abc"));

        answer.Session.UserId.ShouldBe("mallory");
        LogOf(cluster.Servers.Webapps[0].LogFile).ShouldContain("Users:Tokens is Off");
        LogOf(webapps.Optional.LogFile).ShouldNotContain("Users:Tokens is Off");
    }

    [Fact]
    public async Task Neither_tokens_nor_service_keys_are_logged()
    {
        var tokens = new[]
        {
            Token("alice"),
            Token("alice", now: Now.AddHours(-2)),
            Token("alice") + "AAAA",
            "garbage.",
        };
        foreach (var token in tokens)
        {
            await ConnectAsync(required, token);
        }

        await required.PostAsync("/connect", new { }, new("ServiceKey", webapps.ServiceKey));
        await required.PostAsync("/connect", new { }, new("ServiceKey", webapps.ServiceKey + "x"));

        var log = LogOf(webapps.Required.LogFile) + LogOf(webapps.Optional.LogFile);
        foreach (var token in tokens[..^1])
        {
            foreach (var part in token.Split('.')[1..])
            {
                log.ShouldNotContain(part[..16]);
            }
        }

        log.ShouldNotContain(webapps.ServiceKey[..16]);
    }

    private static AuthenticationHeaderValue Bearer(string token) => new("Bearer", token);

    private static Task<Answer> ConnectAsync(Api api, string token) =>
        api.PostAsync("/connect", new { }, Bearer(token));

    private string Token(string userId, string algorithm = "HS256", DateTimeOffset? now = null) =>
        webapps.Issuer.Sign(algorithm, Issuer.ClaimsOf(userId, now ?? Now));

    private static string LogOf(string file)
    {
        using var log = new StreamReader(
            new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete)
        );
        return log.ReadToEnd();
    }
}
