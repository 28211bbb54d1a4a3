using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using SignalBroker.Client.Tests.Harness;
using SignalBroker.LocalCluster;

namespace SignalBroker.Client.Tests.Listening;

/// <summary>How a client proves who its user is.</summary>
[Collection<ServerTests>]
public sealed class TokenTests(Servers servers) : IAsyncLifetime
{
    private const string Secret = "a secret of at least thirty-two bytes";

    private Webapp webapp = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() =>
        webapp = await servers.Cluster.AddWebappAsync(
            [new("Users:Tokens", "Optional"), new("Users:Keys:0:Secret", Secret)],
            Token
        );

    public async ValueTask DisposeAsync()
    {
        await servers.Cluster.RemoveWebappAsync(webapp);
        await servers.MendAsync();
    }

    [Fact]
    public async Task A_token_is_used_until_it_is_refused_and_then_another_is_asked_for()
    {
        var user = Servers.NewUser("alice");
        var tokens = new Queue<string>([TokenOf(user, -60), TokenOf(user, 60)]);
        var states = new States();
        await using var client = await SignalBrokerClient.ConnectAsync(
            Options(states) with
            {
                Token = _ => new(tokens.Dequeue()),
            },
            Token
        );
        client.UserId.ShouldBe(user);
        tokens.ShouldBeEmpty();
        var before = (await states.NextAsync<ClientState.Listening>()).Session;

        await servers.NodeOf(before).RunCtlAsync("close_all_connections", "test");
        (await states.NextAsync<ClientState.Listening>()).Session.UserId.ShouldBe(user);
    }

    [Fact]
    public async Task Two_refused_tokens_are_final()
    {
        var refused = await Should.ThrowAsync<ServerRefusedException>(
            SignalBrokerClient.ConnectAsync(Options() with { Token = _ => new(TokenOf("alice", -60)) }, Token)
        );
        (refused.Status, refused.Code).ShouldBe((401, "token-expired"));
    }

    [Fact]
    public async Task A_failing_token_source_is_asked_again_later()
    {
        var user = Servers.NewUser("alice");
        var asked = 0;
        var states = new States();
        await using var client = await SignalBrokerClient.ConnectAsync(
            Options(states) with
            {
                Token = _ =>
                    ++asked == 1 ? throw new HttpRequestException("The login is away.") : new(TokenOf(user, 60)),
            },
            Token
        );

        client.UserId.ShouldBe(user);
        var failed = await states.NextAsync<ClientState.Connecting>(state => state.RetryAt is not null);
        failed.Problem!.Code.ShouldBe(SignalBrokerCode.TokenUnavailable);
        failed.Problem.Reason.ShouldContain("The login is away.");
    }

    [Fact]
    public async Task A_user_id_that_needs_a_token_is_refused_without_one()
    {
        var refused = await Should.ThrowAsync<ServerRefusedException>(
            SignalBrokerClient.ConnectAsync(Options() with { UserId = "alice" }, Token)
        );
        (refused.Status, refused.Code).ShouldBe((401, SignalBrokerCode.TokenMissing));
    }

    [Fact]
    public async Task An_anonymous_user_whose_name_would_need_a_token_comes_back_without_one()
    {
        var states = new States();
        await using var client = await SignalBrokerClient.ConnectAsync(Options(states), Token);
        var before = (await states.NextAsync<ClientState.Listening>()).Session;

        await servers.NodeOf(before).RunCtlAsync("close_all_connections", "test");
        var after = (await states.NextAsync<ClientState.Listening>()).Session;
        after.UserId.ShouldBe(before.UserId);
        await client.SendAsync(client.UserId, "next", cancellationToken: Token);
        (await client.NextSignalAsync()).Content.GetString().ShouldBe("next");
    }

    private static string TokenOf(string user, int goodForSeconds)
    {
        var expires = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + goodForSeconds;
        var text = $$"""{"alg":"HS256"}.{"sub":"{{user}}","exp":{{expires}}}""".Split('.');
        var signed = $"{Encode(Encoding.UTF8.GetBytes(text[0]))}.{Encode(Encoding.UTF8.GetBytes(text[1]))}";
        var key = Encoding.UTF8.GetBytes(Secret);
        return $"{signed}.{Encode(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(signed)))}";

        static string Encode(byte[] bytes) => Base64Url.EncodeToString(bytes);
    }

    private SignalBrokerClientOptions Options(States? states = null) =>
        new() { Url = new(webapp.PublicAddress), StateChanged = states is null ? null : states.Add };
}
