using System.Security.Cryptography;
using System.Text;
using SignalBroker.Client.Tests.Harness;
using SignalBroker.LocalCluster;

namespace SignalBroker.Client.Tests.Sending;

/// <summary>What a backend does with its service key.</summary>
[Collection<ServerTests>]
public sealed class ApplicationTests(Servers servers) : IAsyncLifetime
{
    private const string Application = "shop.backend";

    private readonly string serviceKey = RandomNumberGenerator.GetHexString(64);
    private Webapp webapp = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() =>
        webapp = await servers.Cluster.AddWebappAsync(
            [
                new("Users:Tokens", "Required"),
                new("Users:Keys:0:Secret", RandomNumberGenerator.GetHexString(64)),
                new("Users:ServiceKeys:0:Name", Application),
                new(
                    "Users:ServiceKeys:0:Sha256",
                    Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(serviceKey)))
                ),
            ],
            Token
        );

    public async ValueTask DisposeAsync()
    {
        await servers.Cluster.RemoveWebappAsync(webapp);
        await servers.MendAsync();
    }

    [Fact]
    public async Task A_backend_connects_a_user_and_sends_as_itself()
    {
        await using var alice = await ConnectAsync();
        var shop = NewApplication(serviceKey);

        var sent = await shop.SendAsync(alice.UserId, "your order is ready", new() { Type = "order" }, Token);
        await shop.SendAsync(Addressee.OfSession(alice.Session.ListeningKey), "really", cancellationToken: Token);

        sent.Sessions.ShouldBe([new(alice.Session.ListeningKey, "tv", Outcome.Queued)]);
        var signals = await alice.NextSignalsAsync(2);
        (signals[0].From, signals[0].FromSession, signals[0].FromApplication).ShouldBe((null, null, Application));
        (signals[0].Type, signals[0].Content.GetString()).ShouldBe(("order", "your order is ready"));
        signals[1].Content.GetString().ShouldBe("really");
    }

    [Fact]
    public async Task A_user_connected_by_a_backend_comes_back_with_the_same_key()
    {
        var states = new States();
        await using var alice = await ConnectAsync(states);
        var before = (await states.NextAsync<ClientState.Listening>()).Session;

        await servers.NodeOf(before).RunCtlAsync("close_all_connections", "test");
        var after = (await states.NextAsync<ClientState.Listening>()).Session;

        (after.UserId, after.Device).ShouldBe((before.UserId, before.Device));
        await NewApplication(serviceKey).SendAsync(after.UserId, "next", cancellationToken: Token);
        (await alice.NextSignalAsync()).Content.GetString().ShouldBe("next");
    }

    [Fact]
    public async Task A_wrong_key_is_refused_for_good()
    {
        var wrong = new string('0', 64);
        var sending = NewApplication(wrong).SendAsync("alice", 1, cancellationToken: Token);
        (await Should.ThrowAsync<UnauthorizedException>(sending)).Code.ShouldBe(SignalBrokerCode.ServiceKeyInvalid);

        var connecting = SignalBrokerClient.ConnectAsync(
            new() { Url = new(webapp.PublicAddress), ServiceKey = wrong },
            Token
        );
        (await Should.ThrowAsync<UnauthorizedException>(connecting)).Code.ShouldBe(SignalBrokerCode.ServiceKeyInvalid);
    }

    [Fact]
    public async Task Signals_keep_their_order_and_outlive_a_restart_of_the_webapp()
    {
        await using var alice = await ConnectAsync();
        var shop = NewApplication(serviceKey);
        await webapp.KillAsync();

        var patient = new SendOptions { TimeToLive = TimeSpan.FromSeconds(60) };
        var sending = Enumerable.Range(0, 20).Select(n => shop.SendAsync(alice.UserId, n, patient, Token)).ToList();
        await webapp.StartAsync(Token);
        var sent = await Task.WhenAll(sending);
        await shop.SendAsync(alice.UserId, 20, cancellationToken: Token);

        await alice.ShouldHearAsync(sent, last: 20);
    }

    [Fact]
    public async Task A_backend_stores_for_users_and_sends_to_rooms()
    {
        await using var alice = await ConnectAsync();
        await using var bob = await ConnectAsync();
        var room = await alice.Rooms.CreateAsync(cancellationToken: Token);
        var shop = NewApplication(serviceKey);

        var stored = await shop.SendAsync(Servers.NewUser("nobody"), 1, new() { Store = Storing.Always }, Token);
        stored.IsStored.ShouldBeTrue();
        await shop.SendAsync(alice.UserId, "stored", new() { Store = Storing.Always }, Token);
        (await alice.NextSignalAsync()).Sequence.ShouldBe(1);

        var sent = await shop.SendToRoomAsync(room.Id, "welcome", cancellationToken: Token);
        (sent.Members, sent.Listening).ShouldBe((1, 1));
        var signal = await alice.NextSignalAsync();
        (signal.Room, signal.FromApplication, signal.FromMember).ShouldBe((room.Id, Application, null));
        await Should.ThrowAsync<RoomNotFoundException>(
            shop.SendToRoomAsync(room.Id, 1, new() { ToMember = "m." + new string('A', 22) }, Token)
        );
    }

    [Fact]
    public async Task A_signal_without_a_listening_recipient_is_an_error()
    {
        var absent = await Should.ThrowAsync<UserNotListeningException>(
            NewApplication(serviceKey).SendAsync(Servers.NewUser("nobody"), 1, cancellationToken: Token)
        );
        absent.Sessions.ShouldBeEmpty();
    }

    [Fact]
    public void Options_name_their_flaw_and_never_print_the_key()
    {
        var options = new SignalBrokerApplicationOptions { Url = new("http://127.0.0.1"), ServiceKey = serviceKey };
        options.ToString().ShouldNotContain(serviceKey);
        Should.Throw<ArgumentException>(() => new SignalBrokerApplication(options with { Url = new("ftp://a") }));
        Should.Throw<ArgumentException>(() => new SignalBrokerApplication(options with { Url = new("http://a/?") }));
        Should.Throw<ArgumentException>(() => new SignalBrokerApplication(options with { ServiceKey = "" }));
        var user = new SignalBrokerClientOptions { Url = options.Url, ServiceKey = serviceKey };
        user.ToString().ShouldNotContain(serviceKey);
        Should.Throw<ArgumentException>(() => SignalBrokerClient.ConnectAsync(user with { Token = _ => new("") }));
    }

    private SignalBrokerApplication NewApplication(string key) =>
        new(new() { Url = new(webapp.PublicAddress), ServiceKey = key });

    private Task<SignalBrokerClient> ConnectAsync(States? states = null) =>
        SignalBrokerClient.ConnectAsync(
            new()
            {
                Url = new(webapp.PublicAddress),
                UserId = Servers.NewUser("alice"),
                Device = "tv",
                ServiceKey = serviceKey,
                StateChanged = states is null ? null : states.Add,
            },
            Token
        );
}
