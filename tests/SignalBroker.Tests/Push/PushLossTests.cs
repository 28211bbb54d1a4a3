using SignalBroker.Tests.Harness;
using SignalBroker.Tests.Inbox;

namespace SignalBroker.Tests.Push;

/// <summary>A webapp, a node or a database that is killed loses no push.</summary>
[Collection<PushCollection>]
public sealed class PushLossTests(PushCluster cluster) : IAsyncLifetime
{
    private readonly string bob = "bob-" + Guid.NewGuid();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync() => await cluster.MendAsync();

    [Fact]
    public async Task A_webapp_killed_after_the_commit_and_before_the_push()
    {
        var browser = await cluster.SubscribeAwayAsync(bob);
        var alice = await cluster.Api.ConnectAsync();
        var idle = await cluster.Servers.AddWebappAsync([new("Push:PollInterval", "00:01:00")], Token);
        await cluster.Servers.Webapps[0].StopAsync(Token);
        await cluster.Servers.Webapps[1].StopAsync(Token);

        (await new Api(idle.PublicAddress).StoreAsync(alice, bob, 1)).ShouldBeStored();
        await idle.KillAsync();
        browser.Tries.ShouldBeEmpty();
        (await cluster.OutboxOfAsync(bob)).ShouldBe(1);
        await cluster.Servers.Webapps[1].StartAsync(Token);

        (await browser.NextAsync()).Message.GetProperty("signals").GetInt32().ShouldBe(1);
        await cluster.NothingIsLeftAsync(bob);
        browser.Tries.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_webapp_killed_while_the_push_service_thinks()
    {
        var browser = await cluster.SubscribeAwayAsync(bob);
        var alice = await cluster.Api.ConnectAsync();
        await cluster.Servers.Webapps[1].StopAsync(Token);
        browser.AnswerNext(context =>
            Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted)
        );
        await cluster.Api.StoreAsync(alice, bob, 1);
        await Eventually.HoldsAsync(() =>
        {
            browser.Tries.Count.ShouldBe(1);
            return Task.CompletedTask;
        });

        await cluster.Servers.Webapps[0].KillAsync();
        await cluster.Servers.Webapps[1].StartAsync(Token);

        // It may have arrived, so it comes again, when nobody can still be waiting for the answer.
        (await browser.NextAsync())
            .Message.GetProperty("signals")
            .GetInt32()
            .ShouldBe(1);
        await cluster.NothingIsLeftAsync(bob);
    }

    [Fact]
    public async Task A_node_killed_under_a_listener()
    {
        var listener = await cluster.ListenAsync(bob);
        var browser = await cluster.SubscribeAsync(listener.Session);
        var alice = await cluster.Api.ConnectAsync();

        await cluster.Servers.Nodes[0].KillAsync();
        await cluster.Api.StoreAsync(alice, bob, 1);

        // Its session is still there, on a node that nobody can use.
        (await browser.NextAsync())
            .Message.GetProperty("signals")
            .GetInt32()
            .ShouldBe(1);
        await cluster.NothingIsLeftAsync(bob);
        await listener.DisposeAsync();
    }

    [Fact]
    public async Task A_PostgreSQL_killed_while_the_push_service_thinks()
    {
        var browser = await cluster.SubscribeAwayAsync(bob);
        var alice = await cluster.Api.ConnectAsync();
        var killed = new TaskCompletionSource();
        browser.AnswerNext(async context =>
        {
            await killed.Task;
            context.Response.StatusCode = 503;
        });
        await cluster.Api.StoreAsync(alice, bob, 1);
        await Eventually.HoldsAsync(() =>
        {
            browser.Tries.Count.ShouldBe(1);
            return Task.CompletedTask;
        });

        await cluster.Servers.Postgres.KillAsync();
        killed.SetResult();
        await cluster.MendAsync();

        // What the push service said could not be written down.
        (await browser.NextAsync())
            .Message.GetProperty("signals")
            .GetInt32()
            .ShouldBe(1);
        await cluster.NothingIsLeftAsync(bob);
    }
}
