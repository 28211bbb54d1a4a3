using System.Text.Json;
using System.Text.Json.Serialization;
using SignalBroker.Client.Tests.Harness;

namespace SignalBroker.Client.Tests.Sending;

/// <summary>What a signal is when it arrives, and what its sender learns.</summary>
[Collection<ServerTests>]
public sealed partial class SignalTests(Servers servers)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_signal_arrives_as_it_was_sent()
    {
        await using var alice = await servers.ConnectAsync();
        await using var bob = await servers.ConnectAsync();
        const string Content = """{"text":"<é \u0000>","list":[1,2.50,null]}""";

        var sent = await alice.SendAsync(
            bob.UserId,
            JsonElement.Parse(Content),
            new()
            {
                Type = "greeting",
                Id = "first",
                TimeToLive = TimeSpan.FromSeconds(20),
            },
            Token
        );

        sent.Id.ShouldBe("first");
        sent.Sessions.ShouldBe([new(bob.Session.ListeningKey, null, Outcome.Queued)]);
        var signal = await bob.NextSignalAsync();
        signal.Id.ShouldBe("first");
        signal.From.ShouldBe(alice.UserId);
        signal.FromSession.ShouldBe(alice.Session.ListeningKey);
        signal.FromApplication.ShouldBeNull();
        signal.To.ShouldBe(bob.UserId);
        signal.Type.ShouldBe("greeting");
        signal.ExpiresAt.ShouldBe(signal.SentAt.AddSeconds(20));
        JsonElement.DeepEquals(signal.Content, JsonElement.Parse(Content)).ShouldBeTrue();
    }

    [Fact]
    public async Task An_object_is_sent_with_reflection_or_without()
    {
        await using var me = await servers.ConnectAsync();

        await me.SendAsync(me.UserId, new Candidate("udp", 5000), Json.Default.Candidate, cancellationToken: Token);
        await me.SendAsync(me.UserId, new { protocol = "tcp", Port = 9 }, cancellationToken: Token);

        (await me.NextSignalAsync()).Content.Deserialize(Json.Default.Candidate).ShouldBe(new("udp", 5000));
        (await me.NextSignalAsync()).Content.Deserialize(Json.Default.Candidate).ShouldBe(new("tcp", 9));
    }

    [Fact]
    public async Task A_signal_to_a_session_reaches_no_other_of_its_user()
    {
        var user = Servers.NewUser("bob");
        await using var phone = await SignalBrokerClient.ConnectAsync(
            servers.Options(user) with
            {
                Device = "phone",
            },
            Token
        );
        await using var desk = await servers.ConnectAsync(user);

        var sent = await desk.SendAsync(
            Addressee.OfSession(phone.Session.ListeningKey),
            "psst",
            cancellationToken: Token
        );
        sent.Sessions.ShouldBe([new(phone.Session.ListeningKey, "phone", Outcome.Queued)]);
        var both = await desk.SendAsync(user, "all", cancellationToken: Token);
        both.Sessions.Count.ShouldBe(2);

        (await phone.NextSignalsAsync(2)).Select(signal => signal.Content.GetString()).ShouldBe(["psst", "all"]);
        (await desk.NextSignalAsync()).Content.GetString().ShouldBe("all");
    }

    [Fact]
    public async Task Signals_to_one_recipient_arrive_in_the_order_of_the_calls()
    {
        await using var alice = await servers.ConnectAsync();
        await using var bob = await servers.ConnectAsync();
        await using var carol = await servers.ConnectAsync();

        await Task.WhenAll(
            Enumerable
                .Range(0, 200)
                .Select(n => alice.SendAsync((n % 2 == 0 ? bob : carol).UserId, n, cancellationToken: Token))
        );

        var even = await bob.NextSignalsAsync(100);
        even.Select(signal => signal.Content.GetInt32()).ShouldBe(Enumerable.Range(0, 100).Select(n => 2 * n));
        var odd = await carol.NextSignalsAsync(100);
        odd.Select(signal => signal.Content.GetInt32()).ShouldBe(Enumerable.Range(0, 100).Select(n => 2 * n + 1));
    }

    [Fact]
    public async Task A_duplicate_is_read_once_and_another_senders_signal_with_the_same_id_is_read()
    {
        await using var alice = await servers.ConnectAsync();
        await using var carol = await servers.ConnectAsync();
        await using var bob = await servers.ConnectAsync();
        var twice = new SendOptions { Id = "same" };

        await alice.SendAsync(bob.UserId, 1, twice, Token);
        await alice.SendAsync(bob.UserId, 2, twice, Token);
        await carol.SendAsync(bob.UserId, 3, twice, Token);
        await alice.SendAsync(bob.UserId, 4, cancellationToken: Token);

        (await bob.NextSignalsAsync(3)).Select(signal => signal.Content.GetInt32()).ShouldBe([1, 3, 4]);
    }

    [Fact]
    public async Task A_large_signal_arrives_and_a_too_large_one_is_refused()
    {
        await using var me = await servers.ConnectAsync();
        var large = new string('é', 30_000);

        await me.SendAsync(me.UserId, large, cancellationToken: Token);
        (await me.NextSignalAsync()).Content.GetString().ShouldBe(large);

        var refused = await Should.ThrowAsync<ServerRefusedException>(
            me.SendAsync(me.UserId, new string('x', 70_000), cancellationToken: Token)
        );
        (refused.Status, refused.Code).ShouldBe((413, "payload-too-large"));
    }

    [Fact]
    public async Task An_absent_recipient_is_a_refusal_and_the_next_signal_is_sent()
    {
        await using var me = await servers.ConnectAsync();

        var refused = await Should.ThrowAsync<ServerRefusedException>(
            me.SendAsync(Servers.NewUser("nobody"), "anyone?", cancellationToken: Token)
        );
        (refused.Status, refused.Code).ShouldBe((404, SignalBrokerCode.UserNotListening));

        await me.SendAsync(me.UserId, "me", cancellationToken: Token);
        (await me.NextSignalAsync()).Content.GetString().ShouldBe("me");
    }

    [Fact]
    public async Task A_slowed_down_sender_waits_as_long_as_the_server_asks()
    {
        var slow = await servers.Cluster.AddWebappAsync([new("RateLimits:SignalsPerSecondOfSession", "1")], Token);
        var requests = new Requests();
        await using var me = await SignalBrokerClient.ConnectAsync(
            servers.Options() with
            {
                Url = new(slow.PublicAddress),
                Http = new(requests),
            },
            Token
        );

        for (var n = 0; n < 4; n++)
        {
            await me.SendAsync(me.UserId, n, cancellationToken: Token);
        }

        (await me.NextSignalsAsync(4)).Select(signal => signal.Content.GetInt32()).ShouldBe([0, 1, 2, 3]);
        requests.Answered.ShouldContain(answer => (int)answer.Status == 429);
        await slow.StopAsync(Token);
    }

    private sealed record Candidate(string Protocol, int Port);

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
    [JsonSerializable(typeof(Candidate))]
    private sealed partial class Json : JsonSerializerContext;
}
