using System.Net;
using SignalBroker.Client.Tests.Harness;

namespace SignalBroker.Client.Tests.Listening;

/// <summary>What a client makes of answers that are a gateway's, and not the webapp's.</summary>
[Collection<ServerTests>]
public sealed class GatewayTests(Servers servers) : IAsyncLifetime
{
    private readonly States states = new();
    private readonly Requests requests = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await servers.MendAsync();
        requests.Dispose();
    }

    [Theory]
    [InlineData(302)]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(404)]
    [InlineData(407)]
    [InlineData(500)]
    public async Task An_answer_without_a_code_does_not_count(int status)
    {
        requests.Gateway.Enqueue(("/connect", (HttpStatusCode)status));

        await using var me = await ConnectAsync();

        var waiting = await states.NextAsync<ClientState.Connecting>(state => state.RetryAt is not null);
        waiting.Problem.ShouldBe(new(SignalBrokerCode.Unreachable, $"Something on the way answered {status}."));
        await states.NextAsync<ClientState.Listening>();
    }

    [Fact]
    public async Task A_client_that_has_listened_comes_back_too()
    {
        await using var me = await ConnectAsync();
        requests.Gateway.Enqueue(("/connect", HttpStatusCode.NotFound));

        await servers.NodeOf(me.Session).RunCtlAsync("close_all_connections", "test");

        await states.NextAsync<ClientState.Reconnecting>(state => state.Problem.Code == SignalBrokerCode.Unreachable);
        await states.NextAsync<ClientState.Listening>();
    }

    [Fact]
    public async Task A_token_is_not_refused_by_a_gateway()
    {
        requests.Gateway.Enqueue(("/connect", HttpStatusCode.Unauthorized));
        var asked = 0;

        await using var me = await SignalBrokerClient.ConnectAsync(
            servers.Options() with
            {
                Http = new(requests),
                Token = _ => new($"token {++asked}"),
            },
            Token
        );

        asked.ShouldBe(1);
    }

    [Theory]
    [InlineData(401)]
    [InlineData(404)]
    public async Task A_signal_is_sent_again_with_the_same_session(int status)
    {
        await using var me = await ConnectAsync();
        var before = me.Session;
        requests.Gateway.Enqueue(("/exchange", (HttpStatusCode)status));

        await me.SendAsync(me.UserId, "hello", cancellationToken: Token);

        (await me.NextSignalAsync()).Content.GetString().ShouldBe("hello");
        requests.Count("/exchange").ShouldBe(2);
        me.Session.ShouldBe(before);
    }

    [Fact]
    public async Task A_signal_that_is_too_long_for_a_gateway_is_refused()
    {
        await using var me = await ConnectAsync();
        requests.Gateway.Enqueue(("/exchange", HttpStatusCode.RequestEntityTooLarge));

        var refused = await Should.ThrowAsync<InvalidRequestException>(
            me.SendAsync(me.UserId, "long", cancellationToken: Token)
        );

        refused.Code.ShouldBe(SignalBrokerCode.PayloadTooLarge);
    }

    private Task<SignalBrokerClient> ConnectAsync() =>
        SignalBrokerClient.ConnectAsync(
            servers.Options() with
            {
                Http = new(requests),
                StateChanged = states.Add,
            },
            Token
        );
}
