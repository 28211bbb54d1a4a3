using SignalBroker.Client.Tests.Harness;

namespace SignalBroker.Client.Tests.Inbox;

/// <summary>Stored signals when connections, nodes and webapps are lost: each is read once, and in its order.</summary>
[Collection<ServerTests>]
public sealed class InboxLossTests(Servers servers) : IAsyncLifetime
{
    private readonly string bob = Servers.NewUser("bob");
    private readonly States states = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync() => await servers.MendAsync();

    [Fact]
    public async Task Despite_broken_sockets_each_signal_is_read_once_and_in_order()
    {
        await using var alice = await servers.ConnectAsync();
        await using var phone = await ConnectAsync();
        for (var round = 0; round < 4; round++)
        {
            var storing = alice.StoreAsync(bob, 50 * round, 50);
            (await phone.NextSignalsAsync(20)).Numbers().ShouldBe(Enumerable.Range(50 * round, 20));
            await BreakAsync(phone);
            (await phone.NextSignalsAsync(30)).Numbers().ShouldBe(Enumerable.Range(50 * round + 20, 30));
            await storing;
        }

        await phone.ShouldOweAsync(19, 49, 69, 99, 119, 149, 169, 199);
    }

    [Fact]
    public async Task Signals_not_settled_when_the_socket_broke_are_not_read_twice()
    {
        await using var alice = await servers.ConnectAsync();
        await using var phone = await SignalBrokerClient.ConnectAsync(Options with { Settle = Settling.Manual }, Token);
        await alice.StoreAsync(bob, first: 0, count: 20);
        var first = await phone.NextSignalsAsync(20);
        await first[3].SettleAsync(Token);

        await BreakAsync(phone);
        await alice.StoreAsync(bob, first: 20, count: 5);

        (await phone.NextSignalsAsync(5)).Numbers().ShouldBe([20, 21, 22, 23, 24]);
        await Task.WhenAll(first.Select(signal => signal.SettleAsync(Token)));
        (await phone.UnsettledAsync()).ShouldBe([20, 21, 22, 23, 24]);
    }

    [Fact]
    public async Task After_the_loss_of_its_node_a_client_has_recovered()
    {
        await using var alice = await servers.ConnectAsync();
        await using var phone = await ConnectAsync();
        await alice.StoreAsync(bob, first: 0, count: 1);
        await phone.NextSignalAsync();

        await servers.NodeOf(phone.Session).KillAsync();
        await alice.StoreAsync(bob, first: 1, count: 30);

        (await phone.NextSignalsAsync(30)).Numbers().ShouldBe(Enumerable.Range(1, 30));
        var state = await states.NextAsync<ClientState.Listening>(listening => listening.Recovered is not null);
        (state.Recovered, state.Session).ShouldBe((true, phone.Session));
    }

    [Fact]
    public async Task A_signal_that_expired_meanwhile_means_that_the_client_has_not_recovered()
    {
        var other = await servers.Cluster.AddWebappAsync([], Token);
        await using var alice = await SignalBrokerClient.ConnectAsync(
            servers.Options() with
            {
                Url = new(other.PublicAddress),
            },
            Token
        );
        await using var phone = await ConnectAsync();
        await alice.StoreAsync(bob, first: 0, count: 1);
        await phone.NextSignalAsync();

        await servers.Webapp.KillAsync();
        await BreakAsync(phone, waitForIt: false);
        await states.NextAsync<ClientState.Reconnecting>();
        var brief = StoringSignals.Stored with { Receipt = true, TimeToLive = TimeSpan.FromSeconds(5) };
        await alice.SendAsync(bob, 1, brief, Token);
        (await alice.NextSignalAsync()).Receipt!.IsDelivered.ShouldBeFalse();
        await servers.Webapp.StartAsync(Token);

        var state = await states.NextAsync<ClientState.Listening>(listening => listening.Recovered is not null);
        state.Recovered.ShouldBe(false);
        await alice.StoreAsync(bob, first: 2, count: 1);
        (await phone.NextSignalAsync()).Content.GetInt32().ShouldBe(2);
        await other.StopAsync(Token);
    }

    [Theory]
    [InlineData(SendsBy.Http)]
    [InlineData(SendsBy.Socket)]
    public async Task Signals_settled_while_the_webapp_is_down_are_settled_when_it_is_back(SendsBy way)
    {
        await using var alice = await servers.ConnectAsync();
        await using var phone = await ConnectAsync(Options with { Settle = Settling.Manual, Send = way });
        await alice.StoreAsync(bob, first: 0, count: 10);
        var signals = await phone.NextSignalsAsync(10);

        await servers.Webapp.KillAsync();
        var settling = Task.WhenAll(signals.Take(9).Select(signal => signal.SettleAsync(Token)));
        await BreakAsync(phone, waitForIt: false);
        await servers.Webapp.StartAsync(Token);

        await settling;
        (await phone.UnsettledAsync()).ShouldBe([9]);
    }

    [Fact]
    public async Task A_sender_whose_webapp_is_killed_stores_each_signal_once()
    {
        await using var alice = await servers.ConnectAsync();
        await using var phone = await ConnectAsync();
        var storing = alice.StoreAsync(bob, first: 0, count: 80);

        await servers.Webapp.KillAsync();
        await servers.Webapp.StartAsync(Token);
        await storing;
        await alice.StoreAsync(bob, first: 80, count: 1);

        (await phone.NextSignalsAsync(81)).Numbers().ShouldBe(Enumerable.Range(0, 81));
    }

    private SignalBrokerClientOptions Options =>
        servers.Options(bob) with
        {
            Device = "phone",
            StateChanged = states.Add,
        };

    private Task<SignalBrokerClient> ConnectAsync(SignalBrokerClientOptions? options = null) =>
        SignalBrokerClient.ConnectAsync(options ?? Options, Token);

    private async Task BreakAsync(SignalBrokerClient client, bool waitForIt = true)
    {
        await servers.NodeOf(client.Session).RunCtlAsync("close_all_connections", "test");
        if (waitForIt)
        {
            await states.NextAsync<ClientState.Reconnecting>();
            await states.NextAsync<ClientState.Listening>();
        }
    }
}
