using System.Net;
using SignalBroker.Sessions;
using SignalBroker.StrangeBehaviors;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.StrangeBehaviors;

/// <summary>What should not happen is written down, and a flood of it in few rows.</summary>
public sealed class StrangeBehaviorTests(TestCluster cluster)
{
    [Fact]
    public async Task A_session_that_nobody_listens_to_is_recorded()
    {
        var session = await cluster.Api.ConnectAsync();

        await Eventually.HoldsAsync(async () =>
            (await cluster.StrangeAsync("neverAcked")).ShouldContain(row =>
                row.ListeningKey == session.ListeningKey && row.UserId == session.UserId && row.Node != null
            )
        );
    }

    [Fact]
    public async Task A_session_that_logs_in_and_never_subscribes_is_recorded()
    {
        var session = await cluster.Api.ConnectAsync();
        await using var socket = await StompSocket.OpenAsync(session.ListeningAddress);
        await socket.ConnectAsync(session.ListeningKey, session.Passcode);
        await socket.ExpectAsync("CONNECTED");

        await Eventually.HoldsAsync(async () =>
            (await cluster.StrangeAsync("neverAcked")).ShouldContain(row => row.ListeningKey == session.ListeningKey)
        );
        (await cluster.RowsOfAsync(session.UserId)).ShouldBe(0);
    }

    [Fact]
    public async Task A_login_at_another_node_is_recorded()
    {
        var session = await cluster.Api.ConnectAsync();
        var other = cluster.Servers.Nodes.First(node => node.ListeningAddress != session.ListeningAddress);

        await LogInAsync(other.ListeningAddress, session.ListeningKey, session.Passcode);

        await Eventually.HoldsAsync(async () =>
            (await cluster.StrangeAsync("wrongNode")).ShouldContain(row =>
                row.ListeningKey == session.ListeningKey && row.Node == other.Name
            )
        );
    }

    [Fact]
    public async Task A_second_login_is_recorded()
    {
        await using var listener = await Listener.StartAsync(cluster.Api);

        await LogInAsync(listener.Session.ListeningAddress, listener.Key, listener.Session.Passcode);

        await Eventually.HoldsAsync(async () =>
            (await cluster.StrangeAsync("secondAdmission")).ShouldContain(row => row.ListeningKey == listener.Key)
        );
    }

    [Fact]
    public async Task Guessing_a_passcode_is_recorded_in_one_row_a_minute()
    {
        var session = await cluster.Api.ConnectAsync();

        for (var guess = 0; guess < 200; guess++)
        {
            var answer = await cluster.Api.ExchangeAsync(
                session with
                {
                    Passcode = Passcode.Create(),
                },
                new { to = "bob", content = 1 }
            );
            answer.Status.ShouldBe(HttpStatusCode.Unauthorized);
        }

        await Eventually.HoldsAsync(async () =>
        {
            var rows = await OfAsync();
            rows.Sum(row => row.Times).ShouldBe(200);
            rows.Count.ShouldBeLessThanOrEqualTo(2);
            rows.ShouldAllBe(row => row.UserId == session.UserId && row.Address == "127.0.0.1");
        });

        async Task<List<StrangeBehavior>> OfAsync() =>
            [.. (await cluster.StrangeAsync("bruteForce")).Where(row => row.ListeningKey == session.ListeningKey)];
    }

    [Fact]
    public async Task A_flood_of_made_up_keys_is_one_row_a_minute()
    {
        var session = await cluster.Api.ConnectAsync();
        var before = await NamelessAsync();

        for (var guess = 0; guess < 200; guess++)
        {
            await cluster.Api.ExchangeAsync(
                session with
                {
                    ListeningKey = ListeningKey.Create(),
                },
                new { to = "bob", content = 1 }
            );
        }

        await Eventually.HoldsAsync(async () =>
        {
            var rows = await NamelessAsync();
            (rows.Sum(row => row.Times) - before.Sum(row => row.Times)).ShouldBeGreaterThanOrEqualTo(200);
            (rows.Count - before.Count).ShouldBeLessThanOrEqualTo(2);
        });

        async Task<List<StrangeBehavior>> NamelessAsync() =>
            [
                .. (await cluster.StrangeAsync("bruteForce")).Where(row =>
                    row is { ListeningKey: null, Address: "127.0.0.1" }
                ),
            ];
    }

    [Fact]
    public async Task The_record_can_be_paged()
    {
        var session = await cluster.Api.ConnectAsync();
        await LogInAsync(session.ListeningAddress, session.ListeningKey, Passcode.Create());
        await LogInAsync(session.ListeningAddress, ListeningKey.Create(), session.Passcode);
        var admin = cluster.InternalOf(0);

        await Eventually.HoldsAsync(async () =>
        {
            var first = (await admin.GetAsync("/admin/strange-behaviors?limit=1")).Json.EnumerateArray().Single();
            var id = first.GetProperty("id").GetInt64();
            var second = (await admin.GetAsync($"/admin/strange-behaviors?limit=1&before={id}")).Json.EnumerateArray();
            second.Single().GetProperty("id").GetInt64().ShouldBeLessThan(id);
        });
        (await admin.GetAsync("/admin/strange-behaviors?kind=nonsense")).Status.ShouldBe(HttpStatusCode.BadRequest);
    }

    private static async Task LogInAsync(string address, string login, string passcode)
    {
        await using var socket = await StompSocket.OpenAsync(address);
        await socket.ConnectAsync(login, passcode);
        await socket.ExpectAsync("ERROR");
    }
}
