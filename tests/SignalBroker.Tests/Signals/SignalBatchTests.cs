using System.Net;
using System.Text;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Signals;

/// <summary>Several signals in one request are worth as much as one in each of several.</summary>
public sealed class SignalBatchTests(TestCluster cluster)
{
    private const int Most = 64;

    [Fact]
    public async Task They_arrive_in_their_order_and_each_is_answered()
    {
        await using var alice = await Listener.StartAsync(cluster.Api);
        await using var bob = await Listener.StartAsync(cluster.Api);
        await using var carol = await Listener.StartAsync(cluster.Api);

        for (var webapp = 0; webapp < 2; webapp++)
        {
            var answer = await cluster
                .ApiOf(webapp)
                .ExchangeAsync(
                    alice.Session,
                    Enumerable
                        .Range(0, Most)
                        .Select(number => new
                        {
                            to = (number % 2 == 0 ? bob : carol).Session.UserId,
                            id = $"{number}",
                            content = number,
                        })
                );

            answer.Status.ShouldBe(HttpStatusCode.OK);
            var told = answer.Json.EnumerateArray().ToArray();
            told.Select(each => each.GetProperty("id").GetString())
                .ShouldBe(Enumerable.Range(0, Most).Select(number => $"{number}"));
            told.ShouldAllBe(each => each.GetProperty("sessions")[0].GetProperty("outcome").GetString() == "queued");
            foreach (var number in Enumerable.Range(0, Most))
            {
                var envelope = await (number % 2 == 0 ? bob : carol).ReceiveAsync();
                envelope.GetProperty("content").GetInt32().ShouldBe(number);
                envelope.GetProperty("from").GetString().ShouldBe(alice.Session.UserId);
            }
        }
    }

    [Fact]
    public async Task One_that_is_refused_keeps_no_other_from_being_sent()
    {
        await using var alice = await Listener.StartAsync(cluster.Api);

        var answer = await PostAsync(
            alice,
            $$"""
            [
                { "to": "{{alice.Session.UserId}}", "id": "first", "content": 1 },
                { "to": "nobody-at-all", "id": "second", "content": 2 },
                { "to": "{{alice.Session.UserId}}", "toSession": "{{alice.Key}}", "id": "third", "content": 3 },
                { "toRoom": "r.AAAAAAAAAAAAAAAAAAAAAA", "id": "fourth", "content": 4 },
                5,
                { "settle": [1], "id": "sixth" },
                { "to": "{{alice.Session.UserId}}", "id": "seventh", "content": 7, "store": "always" },
                { "to": "{{alice.Session.UserId}}", "id": "last", "content": 8 }
            ]
            """
        );

        answer.Status.ShouldBe(HttpStatusCode.OK);
        var told = answer
            .Json.EnumerateArray()
            .Select(each => each.TryGetProperty("code", out var code) ? code.GetString() : "sent")
            .ToArray();
        told.ShouldBe([
            "sent",
            "user-not-listening",
            "addressee-invalid",
            "room-not-found",
            "malformed-body",
            "invalid-member",
            "sent",
            "sent",
        ]);
        string?[] ids = ["first", "second", "third", "fourth", null, "sixth", "seventh", "last"];
        answer
            .Json.EnumerateArray()
            .Select(each => each.TryGetProperty("id", out var id) ? id.GetString() : null)
            .ShouldBe(ids);
        // What is stored comes when it is.
        int[] contents = [await NextAsync(), await NextAsync(), await NextAsync()];
        contents.ShouldBe([1, 7, 8], ignoreOrder: true);

        async Task<int> NextAsync() => (await alice.ReceiveAsync()).GetProperty("content").GetInt32();
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("[{}")]
    [InlineData("[{}] and more")]
    [InlineData("[{\"to\": ]")]
    public async Task A_malformed_array_sends_nothing(string body)
    {
        await using var alice = await Listener.StartAsync(cluster.Api);
        var own = $$"""{ "to": "{{alice.Session.UserId}}", "content": 1 }""";

        var answer = await PostAsync(alice, body.Replace("{}", own, StringComparison.Ordinal));

        (answer.Status, answer.Code).ShouldBe((HttpStatusCode.BadRequest, "malformed-body"));
        alice.Arrived().ShouldBeEmpty();
    }

    [Fact]
    public async Task There_is_a_most_of_them()
    {
        await using var alice = await Listener.StartAsync(cluster.Api);
        var own = $$"""{ "to": "{{alice.Session.UserId}}", "content": 1 }""";

        var answer = await PostAsync(alice, $"[{string.Join(',', Enumerable.Repeat(own, Most + 1))}]");

        (answer.Status, answer.Code).ShouldBe((HttpStatusCode.BadRequest, "malformed-body"));
        alice.Arrived().ShouldBeEmpty();
    }

    private Task<Answer> PostAsync(Listener sender, string body) =>
        cluster.Api.SendAsync(
            new HttpRequestMessage(HttpMethod.Post, "/exchange")
            {
                Content = new StringContent(body, Encoding.UTF8, "application/json"),
            },
            sender.Session.Authorization
        );
}
