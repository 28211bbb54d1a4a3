using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using SignalBroker.Identity;
using SignalBroker.Push;
using SignalBroker.Sessions;
using SignalBroker.Tests.Harness;
using SignalBroker.Turn;

namespace SignalBroker.Tests.Turn;

/// <summary>What a session is told of STUN and TURN servers, judged by a real coturn.</summary>
public sealed class TurnTests(TestCluster cluster, TurnCluster servers) : IClassFixture<TurnCluster>
{
    private static readonly TimeSpan LifeTime = new TurnOptions().LifeTime;

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    [Fact]
    public async Task Connect_answers_servers_that_relay()
    {
        var answer = (await servers.Api.PostAsync("/connect", new { })).Json;

        var stun = answer.GetProperty("iceServers")[0];
        stun.EnumerateObject().Select(member => member.Name).ShouldBe(["urls"]);
        stun.GetProperty("urls")[0].GetString().ShouldBe($"stun:127.0.0.1:{servers.Turn.Port}");
        answer
            .GetProperty("iceServers")[1]
            .GetProperty("urls")
            .EnumerateArray()
            .Select(url => url.GetString())
            .ShouldBe([
                $"turn:127.0.0.1:{servers.Turn.Port}?transport=udp",
                $"turn:127.0.0.1:{servers.Turn.Port}?transport=tcp",
            ]);
        var relay = Relay.ReadAll(answer).ShouldHaveSingleItem();
        var expiry = answer.GetProperty("iceServersExpireAt").GetDateTimeOffset();
        relay.Username.ShouldBe($"{expiry.ToUnixTimeSeconds()}:{answer.GetProperty("listeningKey").GetString()}");
        expiry.ShouldBe(Now + LifeTime, TimeSpan.FromMinutes(2));

        (await TurnClient.RelaysAsync(relay)).ShouldBeTrue();
        (await TurnClient.RelaysAsync(relay, overTcp: true)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_session_gets_fresh_credentials_whenever_it_asks()
    {
        var session = await servers.Api.ConnectAsync();

        var answer = await AskAsync(session);

        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        answer.Headers.CacheControl!.NoStore.ShouldBeTrue();
        var relay = Relay.ReadAll(answer.Json).ShouldHaveSingleItem();
        relay.Username.ShouldEndWith($":{session.ListeningKey}");
        answer
            .Json.GetProperty("iceServersExpireAt")
            .GetDateTimeOffset()
            .ShouldBe(Now + LifeTime, TimeSpan.FromMinutes(2));
        (await TurnClient.RelaysAsync(relay)).ShouldBeTrue();
    }

    [Fact]
    public async Task Only_a_session_gets_credentials()
    {
        var session = await servers.Api.ConnectAsync();

        (await servers.Api.GetAsync("/ice-servers")).Code.ShouldBe("unauthorized");
        (await AskAsync(session with { Passcode = Passcode.Create() })).Code.ShouldBe("unauthorized");
        (await AskAsync(session with { ListeningKey = ListeningKey.Create() })).Code.ShouldBe("unauthorized");
        await servers.Api.DisconnectAsync(session);
        var ended = await AskAsync(session);
        ended.Status.ShouldBe(HttpStatusCode.Unauthorized);
        ended.Code.ShouldBe("unauthorized");
    }

    [Fact]
    public async Task The_server_refuses_credentials_that_are_wrong_or_expired()
    {
        var good = MakeRelay(servers.Turn.Secrets[0], Now);
        var key = good.Username[(good.Username.IndexOf(':') + 1)..];

        (await TurnClient.RelaysAsync(good)).ShouldBeTrue();
        (await TurnClient.RelaysAsync(good with { Credential = "wrong" })).ShouldBeFalse();
        (
            await TurnClient.RelaysAsync(good with { Username = $"{Now.AddDays(300).ToUnixTimeSeconds()}:{key}" })
        ).ShouldBeFalse();
        (await TurnClient.RelaysAsync(MakeRelay("another secret of nobody", Now))).ShouldBeFalse();
        (
            await TurnClient.RelaysAsync(MakeRelay(servers.Turn.Secrets[0], Now - LifeTime - TimeSpan.FromSeconds(2)))
        ).ShouldBeFalse();
    }

    [Fact]
    public async Task While_the_secret_changes_each_session_can_use_old_and_new_servers()
    {
        const string Old = "the old secret of all servers";
        const string New = "the new secret of all servers";
        await using var rotating = await LocalCluster.Cluster.StartAsync(
            new()
            {
                Nodes = 0,
                Webapps = 0,
                Turn = true,
            },
            TestContext.Current.CancellationToken
        );
        var turn = rotating.Turn!;
        var webapp = await cluster.Servers.AddWebappAsync(
            new Dictionary<string, string>
            {
                ["Turn:Addresses:0"] = $"turn:127.0.0.1:{turn.Port}",
                ["Turn:Secret"] = New,
                ["Turn:PreviousSecret"] = Old,
            },
            TestContext.Current.CancellationToken
        );
        var relays = Relay.ReadAll((await new Api(webapp.PublicAddress).PostAsync("/connect", new { })).Json);
        await webapp.StopAsync(TestContext.Current.CancellationToken);
        relays.Count.ShouldBe(2);

        foreach (
            var (secrets, works) in new (string[], bool[])[]
            {
                ([Old], [false, true]),
                ([Old, New], [true, true]),
                ([New, Old], [true, true]),
                ([New], [true, false]),
            }
        )
        {
            turn.Secrets = secrets;
            await turn.RestartAsync(TestContext.Current.CancellationToken);

            bool[] relayed = [await TurnClient.RelaysAsync(relays[0]), await TurnClient.RelaysAsync(relays[1])];
            relayed.ShouldBe(works, string.Join(", ", secrets));
        }
    }

    [Fact]
    public async Task Without_servers_there_are_none()
    {
        var connected = await cluster.Api.PostAsync("/connect", new { });
        var asked = await cluster.Api.SendAsync(
            new HttpRequestMessage(HttpMethod.Get, "/ice-servers"),
            connected.Session.Authorization
        );

        foreach (var answer in new[] { connected.Json, asked.Json })
        {
            answer.GetProperty("iceServers").GetArrayLength().ShouldBe(0);
            answer.TryGetProperty("iceServersExpireAt", out _).ShouldBeFalse();
        }
    }

    private Task<Answer> AskAsync(ConnectedSession session) =>
        servers.Api.SendAsync(new HttpRequestMessage(HttpMethod.Get, "/ice-servers"), session.Authorization);

    private Relay MakeRelay(string secret, DateTimeOffset now)
    {
        var options = new TurnOptions { Addresses = [$"turn:127.0.0.1:{servers.Turn.Port}"], Secret = secret };
        var made = new IceServers(Options.Create(options), new FakeTimeProvider(now)).For(ListeningKey.Create());
        return Relay.ReadAll(JsonSerializer.SerializeToElement(made, JsonSerializerOptions.Web)).ShouldHaveSingleItem();
    }
}
