using System.Net;
using SignalBroker.Client;
using SignalBroker.Client.Tests.Harness;
using SignalBroker.Containers.Tests.Harness;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Containers.Tests.Failures;

/// <summary>What is said while a server is away, and that everything works again when it is back.</summary>
public sealed class RestartTests(Servers servers) : ContainerTests(servers)
{
    [Fact]
    public async Task While_the_node_is_away_nobody_connects_and_clients_come_back_with_it()
    {
        await using var lost = await Listener.StartAsync(Api);
        await IsAckedAsync(lost.Key);
        var states = new States();
        await using var client = await SignalBrokerClient.ConnectAsync(Servers.Options(states.Add), Token);
        var before = (await states.NextAsync<ClientState.Listening>()).Session;

        await Servers.Node.StopAsync(Token);

        await lost.Socket.Closed;
        await states.NextAsync<ClientState.Reconnecting>();
        await Eventually.HoldsAsync(async () =>
            IsRefused(await Api.PostAsync("/connect", new { }), "no-node-available")
        );
        (await Servers.ReadinessAsync()).ShouldBe(HttpStatusCode.ServiceUnavailable);

        await Servers.Node.StartAsync(Token);

        var after = (await states.NextAsync<ClientState.Listening>()).Session;
        after.UserId.ShouldBe(before.UserId);
        after.ListeningKey.ShouldNotBe(before.ListeningKey);
        await client.SendAsync(client.UserId, "next", cancellationToken: Token);
        (await client.NextSignalAsync()).Content.GetString().ShouldBe("next");
        await IsAckedAsync(before.ListeningKey, expected: null);
        await IsAckedAsync(lost.Key, expected: null);
    }

    [Fact]
    public async Task While_the_database_is_away_requests_are_refused_and_listeners_stay()
    {
        await using var listener = await Listener.StartAsync(Api);
        await IsAckedAsync(listener.Key);
        await HearsItselfAsync(listener);

        await Servers.Database.StopAsync(Token);

        IsRefused(await Api.PostAsync("/connect", new { }), "database-unavailable");
        IsRefused(await Api.DisconnectAsync(listener.Session), "database-unavailable");
        (await Servers.ReadinessAsync()).ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await Api.GetAsync("/health/live")).Status.ShouldBe(HttpStatusCode.OK);
        listener.Socket.Closed.IsCompleted.ShouldBeFalse();

        await Servers.Database.StartAsync(Token);

        await Eventually.HoldsAsync(async () => (await Servers.ReadinessAsync()).ShouldBe(HttpStatusCode.OK));
        await HearsItselfAsync(listener);
        await using var next = await Listener.StartAsync(Api);
        await IsAckedAsync(next.Key);
    }

    [Fact]
    public async Task A_restart_of_the_webapp_closes_no_socket()
    {
        await using var listener = await Listener.StartAsync(Api);
        await IsAckedAsync(listener.Key);

        await Servers.Webapp.RestartAsync(Token);

        await HearsItselfAsync(listener);
        await using var next = await Listener.StartAsync(Api);
        await IsAckedAsync(next.Key);
    }

    private async Task HearsItselfAsync(Listener listener)
    {
        var answer = await Api.ExchangeAsync(listener.Session, new { to = listener.Session.UserId, content = "next" });
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        answer.Outcomes.ShouldBe([(listener.Key, "queued")]);
        (await listener.ReceiveAsync()).GetProperty("id").ToString().ShouldBe(answer.Json.GetProperty("id").ToString());
    }

    private static void IsRefused(Answer answer, string code)
    {
        answer.Status.ShouldBe(HttpStatusCode.ServiceUnavailable, answer.Body);
        answer.Code.ShouldBe(code);
        answer.Headers.RetryAfter.ShouldNotBeNull();
    }
}
