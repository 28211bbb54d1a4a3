using System.Net;
using System.Net.Http.Headers;
using System.Text;
using SignalBroker.Client;
using SignalBroker.Tests.Compatibility;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Threats;

/// <summary>What can be read in two ways, or is only nearly a name that is known, is refused instead of being missed.</summary>
public sealed class MisleadingRequestTests(TestCluster cluster)
{
    private const string Json = "application/json";
    private const string Form = "application/x-www-form-urlencoded";
    private const int MaxDepth = 64;

    // Method, path, body, what the answer must say.
    public static TheoryData<string, string, string, string> NearMisses =>
        new()
        {
            { "POST", "/connect", """{"userid":"alice"}""", "'userId'" },
            { "POST", "/connect", """{"user_id":"alice"}""", "'userId'" },
            { "POST", "/connect", """{"USER-ID":"alice"}""", "'userId'" },
            { "POST", "/connect", """{"Device":"phone"}""", "'device'" },
            { "POST", "/connect", "userid=alice", "'userId'" },
            { "POST", "/connect", "user-id=alice", "'userId'" },
            { "POST", "/exchange", """{"To":"bob","content":1}""", "'to'" },
            { "POST", "/exchange", """{"to":"bob","content":1,"timetolive":5}""", "'timeToLive'" },
            { "POST", "/exchange", """{"to_session":"s.AAAAAAAAAAAAAAAAAAAAAA","content":1}""", "'toSession'" },
            { "POST", "/exchange", """{"to":"bob","Store":"always","content":1}""", "'store'" },
            { "POST", "/exchange", "to=bob&content=1&Store=always", "'store'" },
            { "POST", "/exchange", "TO=bob&content=1", "'to'" },
            { "POST", "/exchange", "to-user-id=bob&content=1", "'toUserId'" },
            { "POST", "/rooms", """{"max_members":2}""", "'maxMembers'" },
            { "POST", "/rooms", """{"Kind":"host"}""", "'kind'" },
            { "POST", "/rooms/ROOM/join", """{"joincode":"x"}""", "'joinCode'" },
            { "POST", "/inbox/settle", """{"upto":2}""", "'upTo'" },
            { "POST", "/presence", """{"Users":["bob"]}""", "'users'" },
            { "PUT", "/presence/subscriptions", """{"Users":["bob"]}""", "'users'" },
            { "PUT", "/push/subscriptions", """{"end-point":"https://push.example/1"}""", "'endpoint'" },
            { "PUT", "/push/subscriptions", """{"keys":{"p256DH":"x","auth":"x"}}""", "'keys.p256dh'" },
            { "DELETE", "/push/subscriptions", """{"Endpoint":"https://push.example/1"}""", "'endpoint'" },
        };

    public static TheoryData<string, string, string, string> Repeats =>
        new()
        {
            { "POST", "/connect", """{"userId":"alice","userId":"bob"}""", "'userId'" },
            { "POST", "/connect", """{"userId":"alice","user\u0049d":"bob"}""", "'userId'" },
            { "POST", "/connect", "userId=alice&userId=bob", "'userId'" },
            { "POST", "/connect", "userId=alice&userid=bob", "'userId'" },
            { "POST", "/connect", "device=a&userId=alice&device=b", "'device'" },
            { "POST", "/exchange", """{"to":"alice","to":"bob","content":1}""", "'to'" },
            { "POST", "/exchange", """{"to":"alice","content":1,"content":2}""", "'content'" },
            { "POST", "/exchange", "to=alice&to=bob&content=1", "'to'" },
            { "POST", "/exchange", "to=alice&toUserId=bob&content=1", "'toUserId'" },
            { "POST", "/rooms", """{"alias":"a","alias":"b"}""", "'alias'" },
            { "POST", "/rooms/ROOM/join", """{"anonymous":true,"anonymous":false}""", "'anonymous'" },
            { "POST", "/inbox/settle", """{"upTo":1,"upTo":2}""", "'upTo'" },
            { "POST", "/presence", """{"users":["bob"],"users":["carol"]}""", "'users'" },
            { "PUT", "/presence/subscriptions", """{"users":[],"users":["bob"]}""", "'users'" },
            { "PUT", "/push/subscriptions", """{"keys":{"auth":"a","auth":"b"}}""", "'keys.auth'" },
        };

    public static TheoryData<string, string, string, string> UnknownWords
    {
        get
        {
            var data = new TheoryData<string, string, string, string>();
            foreach (
                var kind in new[]
                {
                    "99",
                    "1",
                    "\"99\"",
                    "\"Host\"",
                    "\"broadcast, host\"",
                    "\"\"",
                    "\"x\"",
                    "null",
                    "true",
                }
            )
            {
                data.Add("POST", "/rooms", $$"""{"kind":{{kind}}}""", "'kind' must be 'broadcast' or 'host'");
            }

            data.Add("POST", "/exchange", """{"to":"bob","store":"x","content":1}""", "'ifOffline' or 'always'");
            data.Add("POST", "/exchange", """{"to":"bob","store":"Always","content":1}""", "'ifOffline' or 'always'");
            data.Add("POST", "/exchange", "to=bob&content=1&store=x", "'ifOffline' or 'always'");
            data.Add("POST", "/exchange", """{"to":"bob","receipt":"x","content":1}""", "'delivered'");
            data.Add("POST", "/exchange", "to=bob&content=1&receipt=x", "'delivered'");
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(NearMisses))]
    public async Task A_name_that_is_nearly_right_is_refused(string method, string path, string body, string meant)
    {
        var answer = await SendAsync(method, path, body);

        answer.Status.ShouldBe(HttpStatusCode.BadRequest, answer.Body);
        answer.Code.ShouldBe("invalid-member");
        answer.Body.ShouldContain($"did you mean {meant}");
    }

    [Theory]
    [MemberData(nameof(Repeats))]
    public async Task What_is_given_twice_is_refused(string method, string path, string body, string member)
    {
        var answer = await SendAsync(method, path, body);

        answer.Status.ShouldBe(HttpStatusCode.BadRequest, answer.Body);
        answer.Code.ShouldBe("invalid-member");
        answer.Body.ShouldContain(member);
    }

    [Theory]
    [MemberData(nameof(UnknownWords))]
    public async Task A_word_that_is_not_known_is_refused_with_those_that_are(
        string method,
        string path,
        string body,
        string words
    )
    {
        var answer = await SendAsync(method, path, body);

        answer.Status.ShouldBe(HttpStatusCode.BadRequest, answer.Body);
        answer.Code.ShouldBe("invalid-member");
        answer.Body.ShouldContain(words);
    }

    [Theory]
    [InlineData("99")]
    [InlineData("x")]
    [InlineData("bruteForce,wrongNode")]
    public async Task So_is_one_in_a_query(string kind)
    {
        var answer = await cluster.InternalOf(0).GetAsync($"/admin/strange-behaviors?kind={kind}");

        answer.Status.ShouldBe(HttpStatusCode.BadRequest);
        answer.Body.ShouldContain("'bruteForce'");
    }

    [Theory]
    [InlineData("""{"To":"bob","id":"1","content":1}""", "did you mean 'to'")]
    [InlineData("""{"to":"bob","to":"alice","id":"1","content":1}""", "'to' is given twice")]
    [InlineData("""{"to":"bob","id":"1","store":"x","content":1}""", "'ifOffline' or 'always'")]
    [InlineData("""{"id":"1","settle":{"upto":1}}""", "did you mean 'upTo'")]
    [InlineData("""{"id":"1","Settle":{"upTo":1}}""", "did you mean 'settle'")]
    public async Task All_this_holds_on_the_socket(string body, string expected)
    {
        await using var alice = await Listener.StartAsync(cluster.Api);

        await alice.SendAsync(body);

        var error = await alice.ReceiveAsync();
        error.GetProperty("type").GetString().ShouldBe("error");
        error.GetProperty("content").GetProperty("code").GetString().ShouldBe("invalid-member");
        error.GetProperty("content").GetProperty("detail").GetString()!.ShouldContain(expected);
    }

    [Theory]
    [InlineData("POST", "/connect", """{"colour":""", "}")]
    [InlineData("POST", "/exchange", """{"to":"nobody-here","content":""", "}")]
    [InlineData("POST", "/rooms", """{"colour":""", "}")]
    [InlineData("PUT", "/presence/subscriptions", """{"users":[],"colour":""", "}")]
    [InlineData("POST", "/inbox/settle", """{"upTo":1,"colour":""", "}")]
    public async Task What_is_nested_too_deep_is_told_so(string method, string path, string start, string end)
    {
        var deepest = await SendAsync(method, path, start + Nested(MaxDepth - 1) + end);
        var deeper = await SendAsync(method, path, start + Nested(MaxDepth) + end);
        var broken = await SendAsync(method, path, start + "[}" + Nested(MaxDepth) + end);

        ((int)deepest.Status).ShouldBeOneOf(200, 201, 404);
        deepest.Body.ShouldNotContain("malformed-body");
        deeper.Code.ShouldBe("malformed-body");
        deeper.Body.ShouldContain($"more than {MaxDepth}");
        broken.Code.ShouldBe("malformed-body");
        broken.Body.ShouldContain("not valid JSON (line 1, byte");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_deepest_content_arrives_and_its_client_can_read_it(bool waitsInTheInbox)
    {
        var bob = $"bob-{Guid.NewGuid():N}";
        var content = Nested(MaxDepth - 1);
        var listening = waitsInTheInbox ? null : await ConnectAsync(bob);

        var answer = await SendAsync(
            "POST",
            "/exchange",
            $$"""{"to":"{{bob}}","store":"always","content":{{content}}}"""
        );

        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        await using var client = listening ?? await ConnectAsync(bob);
        var asked = await client.Inbox.ReadAsync(cancellationToken: TestContext.Current.CancellationToken);
        asked.Signals.ShouldHaveSingleItem().Content.GetRawText().ShouldBe(content);
        await foreach (var signal in client.ReadSignalsAsync(TestContext.Current.CancellationToken))
        {
            signal.Content.GetRawText().ShouldBe(content);
            break;
        }
    }

    private Task<SignalBrokerClient> ConnectAsync(string userId) =>
        SignalBrokerClient.ConnectAsync(
            new() { Url = cluster.Api.Address, UserId = userId },
            TestContext.Current.CancellationToken
        );

    private static string Nested(int depth) => new string('[', depth) + new string(']', depth);

    private async Task<Answer> SendAsync(string method, string path, string body)
    {
        var session = await cluster.Api.ConnectAsync();
        if (path.Contains("ROOM", StringComparison.Ordinal))
        {
            var made = await cluster.Api.PostAsync("/rooms", new { open = true }, session.Authorization);
            path = path.Replace("ROOM", made.Json.GetProperty("room").GetString());
        }

        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        content.Headers.ContentType = new MediaTypeHeaderValue(body[0] == '{' ? Json : Form);
        return await cluster.Api.SendAsync(
            new HttpRequestMessage(new(method), path) { Content = content },
            path == "/connect" ? null : session.Authorization
        );
    }
}
