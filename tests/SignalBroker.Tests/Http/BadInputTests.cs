using System.Net;
using System.Net.Http.Headers;
using System.Text;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Http;

/// <summary>Bad input gets a clear error with a stable code, and nothing is lost by it.</summary>
public sealed class BadInputTests(TestCluster cluster)
{
    private const string Json = "application/json";

    public static TheoryData<string, string, string> BadConnects =>
        new()
        {
            { "{", "malformed-body", "half an object" },
            { "", "malformed-body", "nothing" },
            { "[]", "malformed-body", "an array" },
            { "null", "malformed-body", "null" },
            { """{"userId": 5}""", "invalid-member", "a number for a user id" },
            { """{"userId": ""}""", "invalid-user-id", "an empty user id" },
            { """{"userId": "a b"}""", "invalid-user-id", "white space" },
            { """{"userId": "a,b"}""", "invalid-user-id", "a comma" },
            { """{"userId": "a\u200bb"}""", "invalid-user-id", "a zero-width space" },
            { """{"userId": "a\nb"}""", "invalid-user-id", "a line end" },
            { $$"""{"userId": "{{new string('a', 256)}}"}""", "invalid-user-id", "256 characters" },
            { """{"device": ""}""", "invalid-member", "an empty device" },
            { $$"""{"device": "{{new string('a', 65)}}"}""", "invalid-member", "a device of 65 characters" },
            { """{"device": {}}""", "invalid-member", "an object for a device" },
        };

    public static TheoryData<string, string, string> BadExchanges =>
        new()
        {
            { "{", "malformed-body", "half an object" },
            { "1", "malformed-body", "a number" },
            { "[]", "malformed-body", "no signals at all" },
            { """{"to":"bob","content":1} x""", "malformed-body", "something after the object" },
            { """{"to":"bob","content":nul}""", "malformed-body", "broken content" },
            { """{"to":"bob"}""", "content-missing", "no content" },
            { """{"content":1}""", "addressee-invalid", "no addressee" },
            {
                """{"to":"bob","toSession":"s.AAAAAAAAAAAAAAAAAAAAAA","content":1}""",
                "addressee-invalid",
                "two addressees"
            },
            { """{"to":"b o b","content":1}""", "invalid-user-id", "an invalid user id" },
            { """{"to":5,"content":1}""", "invalid-member", "a number for a user id" },
            { """{"toSession":"bob","content":1}""", "invalid-member", "no listening key" },
            { """{"to":"bob","type":7,"content":1}""", "invalid-member", "a number for a type" },
            { """{"to":"bob","type":"","content":1}""", "invalid-member", "an empty type" },
            { """{"to":"bob","id":"a\u0000b","content":1}""", "invalid-member", "a control character in the id" },
            { """{"to":"bob","id":"\ud800","content":1}""", "invalid-member", "half a surrogate pair in the id" },
            { """{"to":"bob","timeToLive":"1","content":1}""", "invalid-member", "a text for the time to live" },
            { """{"to":"bob","timeToLive":0,"content":1}""", "invalid-member", "no time to live" },
            { """{"to":"bob","timeToLive":1e9,"content":1}""", "invalid-member", "eleven days to live" },
        };

    [Theory]
    [MemberData(nameof(BadConnects))]
    public async Task Connect_says_what_is_wrong(string body, string code, string what)
    {
        var answer = await PostAsync("/connect", body, Json);

        answer.Status.ShouldBe(HttpStatusCode.BadRequest, what);
        answer.Code.ShouldBe(code, answer.Body);
    }

    [Theory]
    [MemberData(nameof(BadExchanges))]
    public async Task Exchange_says_what_is_wrong(string body, string code, string what)
    {
        var sender = await cluster.Api.ConnectAsync();

        var answer = await PostAsync("/exchange", body, Json, sender.Authorization);

        answer.Status.ShouldBe(HttpStatusCode.BadRequest, what);
        answer.Code.ShouldBe(code, answer.Body);
    }

    [Fact]
    public async Task Content_that_is_not_UTF_8_never_reaches_a_browser()
    {
        await using var bob = await ClientListener.StartAsync(cluster.Api);
        var body = Encoding.UTF8.GetBytes($$"""{"to":"{{bob.Session.UserId}}","content":"?"}""");
        body[Array.IndexOf(body, (byte)'?')] = 0xFF;

        var answer = await PostAsync("/exchange", body, Json, bob.Session.Authorization);

        answer.Status.ShouldBe(HttpStatusCode.BadRequest);
        answer.Code.ShouldBe("malformed-body");
        (
            await cluster.Api.ExchangeAsync(bob.Session, new { to = bob.Session.UserId, content = "next" })
        ).Outcomes.ShouldBe([(bob.Key, "queued")]);
        (await bob.ReceiveAsync()).GetProperty("content").GetString().ShouldBe("next");
    }

    [Fact]
    public async Task Unknown_members_are_ignored()
    {
        await using var bob = await ClientListener.StartAsync(cluster.Api);

        var connect = await PostAsync("/connect", """{"userId":"carol","colour":{"of":["hair"]}}""", Json);
        var exchange = await PostAsync(
            "/exchange",
            $$"""{"colour":[{}],"to":"{{bob.Session.UserId}}","content":1,"from":"mallory"}""",
            Json,
            bob.Session.Authorization
        );

        connect.Status.ShouldBe(HttpStatusCode.OK, connect.Body);
        exchange.Status.ShouldBe(HttpStatusCode.OK, exchange.Body);
        (await bob.ReceiveAsync()).GetProperty("from").GetString().ShouldBe(bob.Session.UserId);
    }

    [Theory]
    [InlineData("/connect")]
    [InlineData("/exchange")]
    public async Task A_body_over_64_KiB_is_refused(string path)
    {
        var sender = await cluster.Api.ConnectAsync();
        var body = $$"""{"to":"bob","content":"{{new string('x', 65_536)}}"}""";

        var answer = await PostAsync(path, body, Json, sender.Authorization);

        answer.Status.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        answer.Code.ShouldBe("payload-too-large");
    }

    [Theory]
    [InlineData("/connect")]
    [InlineData("/exchange")]
    public async Task Other_content_types_are_refused(string path)
    {
        foreach (var type in new[] { "text/plain", "application/xml", "multipart/form-data; boundary=x", null })
        {
            var answer = await PostAsync(path, "{}", type);

            answer.Status.ShouldBe(HttpStatusCode.UnsupportedMediaType, type);
            answer.Code.ShouldBe("unsupported-media-type");
        }
    }

    [Theory]
    [InlineData("/connect")]
    [InlineData("/exchange")]
    [InlineData("/disconnect")]
    public async Task Other_methods_are_refused(string path)
    {
        var answer = await cluster.Api.GetAsync(path);

        answer.Status.ShouldBe(HttpStatusCode.MethodNotAllowed);
        answer.Code.ShouldBe("method-not-allowed");
    }

    [Fact]
    public async Task Every_wrong_credential_gets_the_same_answer()
    {
        var session = await cluster.Api.ConnectAsync();
        var ended = await cluster.Api.ConnectAsync();
        await cluster.Api.DisconnectAsync(ended);
        var wrong = new AuthenticationHeaderValue?[]
        {
            null,
            new("Bearer", "abc"),
            new("Basic", "not base64!"),
            Basic("nocolon"),
            Basic(session.ListeningKey + ":"),
            Basic(session.ListeningKey + ":" + session.Passcode + "x"),
            Basic(session.ListeningKey + ":" + ended.Passcode),
            Basic("s.AAAAAAAAAAAAAAAAAAAAAA:" + session.Passcode),
            Basic("guest:guest"),
            ended.Authorization,
        };

        var bodies = new HashSet<string>();
        foreach (var authorization in wrong)
        {
            var answer = await cluster.Api.PostAsync("/exchange", new { to = "bob", content = 1 }, authorization);
            answer.Status.ShouldBe(HttpStatusCode.Unauthorized, authorization?.ToString());
            answer.Code.ShouldBe("unauthorized");
            answer.Headers.WwwAuthenticate.ShouldNotContain(challenge => challenge.Scheme == "Basic");
            bodies.Add(answer.Body);
        }

        bodies.Count.ShouldBe(1);
    }

    [Fact]
    public async Task The_internal_endpoints_are_not_on_the_public_port()
    {
        foreach (var path in new[] { "/admin/nodes", "/admin/strange-behaviors" })
        {
            var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.Host = new Uri(cluster.Servers.Webapps[0].InternalAddress).Authority;

            (await cluster.Api.SendAsync(request)).Status.ShouldBe(HttpStatusCode.NotFound, path);
        }

        (await cluster.Api.PostFormAsync("/broker-access/sb1/user", [])).Status.ShouldBe(HttpStatusCode.NotFound);
        (await cluster.InternalOf(0).PostAsync("/connect", new { })).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task RabbitMQs_questions_with_missing_fields_are_denied()
    {
        foreach (var question in new[] { "user", "vhost", "resource", "topic" })
        {
            var answer = await cluster.InternalOf(0).PostFormAsync($"/broker-access/sb1/{question}", []);

            answer.Status.ShouldBe(HttpStatusCode.OK);
            answer.Body.ShouldBe("deny");
        }
    }

    [Fact]
    public async Task Foreign_origins_get_no_CORS_headers()
    {
        var request = new HttpRequestMessage(HttpMethod.Options, "/exchange");
        request.Headers.Add("Origin", "https://elsewhere.example");
        request.Headers.Add("Access-Control-Request-Method", "POST");

        var answer = await cluster.Api.SendAsync(request);

        answer.Headers.ShouldNotContain(header => header.Key.StartsWith("Access-Control", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_public_API_is_described()
    {
        var answer = await cluster.Api.GetAsync("/openapi/v1.json");

        answer.Status.ShouldBe(HttpStatusCode.OK);
        var paths = answer.Json.GetProperty("paths").EnumerateObject().Select(path => path.Name);
        paths.ShouldBe(
            [
                "/admin/audit",
                "/admin/blocks",
                "/admin/nodes",
                "/admin/nodes/rebalance",
                "/admin/nodes/{name}",
                "/admin/nodes/{name}/check",
                "/admin/sessions/end",
                "/admin/strange-behaviors",
                "/admin/users",
                "/blocks",
                "/connect",
                "/disconnect",
                "/exchange",
                "/health/live",
                "/health/ready",
                "/ice-servers",
                "/inbox",
                "/inbox/settle",
                "/listen",
                "/nodes",
                "/presence",
                "/presence/subscriptions",
                "/presence/{user}",
                "/push/key",
                "/push/subscriptions",
                "/rooms",
                "/rooms/{room}",
                "/rooms/{room}/join",
                "/rooms/{room}/join-code",
                "/rooms/{room}/leave",
                "/rooms/{room}/members",
                "/rooms/{room}/members/{member}",
                "/rooms/{room}/removals/{member}",
                "/rooms/{room}/reveal",
                "/sessions/end",
                "/users",
            ],
            ignoreOrder: true
        );
        var schemas = answer.Json.GetProperty("components").GetProperty("schemas");
        schemas.GetProperty("ExchangeRequest").GetProperty("properties").TryGetProperty("device", out _).ShouldBeTrue();
        var required = schemas
            .GetProperty("ConnectAnswer")
            .GetProperty("required")
            .EnumerateArray()
            .Select(member => member.GetString());
        required.ShouldBe(
            [
                "userId",
                "listeningAddress",
                "listening",
                "listeningKey",
                "passcode",
                "ack",
                "ackBy",
                "ackWithin",
                "iceServers",
                "knownAs",
            ],
            ignoreOrder: true
        );
    }

    private static AuthenticationHeaderValue Basic(string pair) =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(pair)));

    private Task<Answer> PostAsync(
        string path,
        string body,
        string? type,
        AuthenticationHeaderValue? authorization = null
    ) => PostAsync(path, Encoding.UTF8.GetBytes(body), type, authorization);

    private Task<Answer> PostAsync(
        string path,
        byte[] body,
        string? type,
        AuthenticationHeaderValue? authorization = null
    )
    {
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = type is null ? null : MediaTypeHeaderValue.Parse(type);
        return cluster.Api.SendAsync(
            new HttpRequestMessage(HttpMethod.Post, path) { Content = content },
            authorization
        );
    }
}
