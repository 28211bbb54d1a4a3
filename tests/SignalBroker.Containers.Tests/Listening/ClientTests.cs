using SignalBroker.Client;
using SignalBroker.Client.Tests.Harness;
using SignalBroker.Containers.Tests.Harness;

namespace SignalBroker.Containers.Tests.Listening;

/// <summary>Listening with the .NET client, as applications do.</summary>
public sealed class ClientTests(Servers servers) : ContainerTests(servers)
{
    [Fact]
    public async Task Two_users_hear_each_other()
    {
        await using var alice = await Servers.ConnectAsync();
        await using var bob = await Servers.ConnectAsync();

        var sent = await alice.SendAsync(bob.UserId, new { hello = "bob" }, cancellationToken: Token);
        var heard = await bob.NextSignalAsync();
        await bob.SendAsync(heard.From!, "hello alice", cancellationToken: Token);

        sent.Sessions.ShouldBe([new Delivery(bob.Session.ListeningKey, null, Outcome.Queued)]);
        heard.From.ShouldBe(alice.UserId);
        heard.Content.GetProperty("hello").GetString().ShouldBe("bob");
        (await alice.NextSignalAsync()).Content.GetString().ShouldBe("hello alice");
    }

    [Fact]
    public async Task Signals_arrive_in_the_order_in_which_they_were_sent()
    {
        await using var alice = await Servers.ConnectAsync();
        await using var bob = await Servers.ConnectAsync();

        for (var number = 0; number < 50; number++)
        {
            await alice.SendAsync(bob.UserId, number, cancellationToken: Token);
        }

        (await bob.NextSignalsAsync(50)).Select(signal => signal.Content.GetInt32()).ShouldBe(Enumerable.Range(0, 50));
    }

    [Fact]
    public async Task A_client_that_is_disposed_of_ends_its_session()
    {
        var client = await Servers.ConnectAsync();
        await IsAckedAsync(client.Session.ListeningKey);

        await client.DisposeAsync();

        await IsAckedAsync(client.Session.ListeningKey, expected: null);
    }
}
