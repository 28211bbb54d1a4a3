using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using Npgsql;
using SignalBroker.Tests.Harness;
using SignalBroker.Tests.Inbox;
using SignalBroker.Tests.Presence;
using SignalBroker.Tests.Push;
using SignalBroker.Tests.Rooms;

namespace SignalBroker.Tests.Moderation;

/// <summary>A user is erased from the database, and nobody else loses anything.</summary>
[Collection<PushCollection>]
public sealed class EraseTests(PushCluster cluster)
{
    private readonly string alice = Name("alice");
    private readonly string bob = Name("bob");
    private readonly string carol = Name("carol");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private Api Internal => new(cluster.Servers.Webapps[1].InternalAddress);

    [Fact]
    public async Task Nothing_of_the_user_is_left_in_the_database()
    {
        var room = await LeaveTracesAsync();
        (await TablesWithAsync(alice)).ShouldBe(
            [
                "audit_log",
                "gone_sessions",
                "inbox_devices",
                "inbox_entries",
                "inboxes",
                "presence_subscriptions",
                "push_subscriptions",
                "room_members",
                "rooms",
                "sent_signals",
                "sessions",
                "strange_behaviors",
                "users",
            ],
            ignoreOrder: true
        );

        var answer = await EraseAsync(alice);

        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        answer.Json.GetProperty("ended").GetInt32().ShouldBe(1);
        // The session goes with its queue, and who has subscribed to the user's presence is told of that.
        await Eventually.HoldsAsync(async () =>
            (await TablesWithAsync(alice)).Where(table => table != "presence_subscriptions").ShouldBeEmpty()
        );
        await using var later = await Listener.StartAsync(cluster.Api, carol);
        (await later.ReceiveAsync()).Number.ShouldBe(2);
        (await cluster.Api.MembersAsync(later.Session, room)).ShouldHaveSingleItem();
        (await EntriesOfAsync(carol)).ShouldBe((1, 1));
        (await EntriesOfAsync(bob)).ShouldBe((1, 1));
        var erased = (await Internal.GetAsync("/admin/audit?limit=10")).Json.EnumerateArray().First();
        (erased.GetProperty("act").GetString(), erased.GetProperty("target").GetString()).ShouldBe(("erase", "erased"));
    }

    [Fact]
    public async Task The_user_may_come_back_as_a_new_one()
    {
        var first = await cluster.Api.ConnectAsync(alice);
        await cluster.Api.StoreAsync(first, alice, 1);

        await EraseAsync(alice);
        (await EraseAsync(alice)).Status.ShouldBe(HttpStatusCode.OK);

        await using var again = await Listener.StartAsync(cluster.Api, alice);
        await cluster.Api.StoreAsync(again.Session, alice, 2);
        var signal = await again.ReceiveAsync();
        (signal.Number, signal.Sequence).ShouldBe((2, 1));
    }

    [Fact]
    public async Task A_wrong_user_id_is_refused() =>
        (await Internal.SendAsync(new(HttpMethod.Delete, "/admin/users?userId=a%20b"))).Code.ShouldBe(
            "invalid-user-id"
        );

    // Whatever a user can leave behind. Returns a room in which only the others are then.
    private async Task<string> LeaveTracesAsync()
    {
        var api = cluster.Api;
        await Internal.SendAsync(
            new(HttpMethod.Put, "/admin/blocks")
            {
                Content = JsonContent.Create(new { userId = alice, until = "2099-12-31T00:00:00Z" }),
            }
        );
        await Internal.SendAsync(new(HttpMethod.Delete, $"/admin/blocks?userId={alice}"));
        var lost = await cluster.ListenAsync(alice, "phone");
        lost.Abort();
        await Eventually.HoldsAsync(async () => (await TablesWithAsync(alice)).ShouldContain("gone_sessions"));
        var session = await api.ConnectAsync(alice, "laptop");
        var other = await api.ConnectAsync(carol);
        var listener = await api.ConnectAsync(bob);

        await cluster.SubscribeAsync(session);
        await api.SubscribeAsync(other, alice);
        var room = await api.CreateRoomWithAsync(session, other);
        await api.CreateRoomAsync(session);

        await api.StoreAsync(session, bob, 1, id: "from-alice", receipt: "delivered");
        await api.StoreAsync(other, bob, 2);
        await api.StoreAsync(other, alice, 1, id: "to-alice", receipt: "delivered");
        await api.StoreAsync(other, alice, 2);
        await api.StoreAsync(other, carol, 2);
        await api.SettleAsync(session, new { upTo = 1 });
        await api.DisconnectAsync(listener);

        var wrong = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{session.ListeningKey}:wrong"));
        await api.SendAsync(new(HttpMethod.Get, "/inbox"), new AuthenticationHeaderValue("Basic", wrong));
        // The receipt, and the strange behavior, are written a moment later.
        await Eventually.HoldsAsync(async () =>
        {
            (await EntriesOfAsync(carol)).ShouldBe((2, 2));
            (await TablesWithAsync(alice)).ShouldContain("strange_behaviors");
        });
        return room;
    }

    private Task<Answer> EraseAsync(string user) =>
        Internal.SendAsync(new(HttpMethod.Delete, $"/admin/users?userId={user}"));

    // The tables that have the text anywhere, also in bytes.
    private async Task<IReadOnlyList<string>> TablesWithAsync(string text)
    {
        var found = new List<string>();
        await using var all = cluster.Database.CreateCommand(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
        );
        var tables = new List<string>();
        await using (var reader = await all.ExecuteReaderAsync(Token))
        {
            while (await reader.ReadAsync(Token))
            {
                tables.Add(reader.GetString(0));
            }
        }

        foreach (var table in tables)
        {
            await using var search = cluster.Database.CreateCommand(
                $"""
                SELECT EXISTS (
                    SELECT FROM "{table}" AS r
                    WHERE strpos(r::text, $1) > 0 OR strpos(r::text, encode(convert_to($1, 'UTF8'), 'hex')) > 0
                )
                """
            );
            search.Parameters.AddWithValue(text);
            if ((bool)(await search.ExecuteScalarAsync(Token))!)
            {
                found.Add(table);
            }
        }

        return found;
    }

    // How many entries an inbox has, by its own count and by counting.
    private async Task<(int Counted, int There)> EntriesOfAsync(string user)
    {
        await using var count = cluster.Database.CreateCommand(
            """
            SELECT entries, (SELECT count(*)::int FROM inbox_entries WHERE inbox_entries.user_id = inboxes.user_id)
            FROM inboxes WHERE user_id = $1
            """
        );
        count.Parameters.AddWithValue(user);
        await using var reader = await count.ExecuteReaderAsync(Token);
        return await reader.ReadAsync(Token) ? (reader.GetInt32(0), reader.GetInt32(1)) : (0, 0);
    }

    private static string Name(string name) => $"{name}-{Guid.NewGuid()}";
}
