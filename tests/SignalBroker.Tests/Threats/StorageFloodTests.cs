using System.Net;
using Dapper;
using SignalBroker.Http;
using SignalBroker.Identity;
using SignalBroker.Inbox;
using SignalBroker.LocalCluster;
using SignalBroker.Push;
using SignalBroker.Sessions;
using SignalBroker.Tests.Harness;
using SignalBroker.Tests.Inbox;
using SignalBroker.Tests.Rooms;

namespace SignalBroker.Tests.Threats;

/// <summary>A webapp on which a sender has 256 KiB at once, and an address four times as much.</summary>
public sealed class SmallBudgets(TestCluster cluster) : IAsyncLifetime
{
    public const int BytesOfSender = 262_144;
    public const int TimesOfAddress = 4;

    /// <summary>Of small signals: each counts as its envelope and a row.</summary>
    public const int EntriesOfSender = BytesOfSender / (StorageBudget.RowBytes + 230);

    /// <summary>That may be remembered at once: a quarter of a day's bytes, each with the outcome of one session.</summary>
    public const int IdsOfSender = DailyBudget.Parts * BytesOfSender / 4 / (1024 + 128);

    public Webapp Webapp { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Webapp = await cluster.Servers.AddWebappAsync([
            new("Inbox:StoredBytesPerDayOfSender", $"{DailyBudget.Parts * BytesOfSender}"),
            new("Inbox:StoredBytesPerDayOfAddress", $"{DailyBudget.Parts * TimesOfAddress * BytesOfSender}"),
            new("Rooms:ChangesPerSecondOfUser", "100000"),
            new("RateLimits:SignalBytesPerSecondOfSession", "134217728"),
        ]);
        await cluster.AllNodesReadyAsync();
    }

    public async ValueTask DisposeAsync() => await Webapp.StopAsync();
}

/// <summary>Whoever has as much stored as possible, for names that nobody bears, runs out of it soon.</summary>
[Collection<UsualLimitsCollection>]
public sealed class StorageFloodTests(TestCluster cluster, SmallBudgets small, UsualLimits usual)
    : IClassFixture<SmallBudgets>
{
    private const int Members = 40;
    private const string UsedUp = "storage-budget-used";

    private readonly string made = $"made-{Guid.NewGuid():N}";
    private readonly string large = new('x', 2_000);

    [Fact]
    public async Task A_room_of_made_up_members_does_not_multiply_what_a_session_has_stored()
    {
        var api = From("127.0.5.1");
        var sender = await api.ConnectAsync($"{made}-sender");
        var room = (await api.CreateRoomAsync(sender)).Text("room")!;
        for (var member = 0; member < Members; member++)
        {
            await api.JoinRoomAsync(await api.ConnectAsync($"{made}-{member}"), room);
        }

        var refused = await StoreUntilRefusedAsync(
            () =>
                api.ExchangeAsync(
                    sender,
                    new
                    {
                        toRoom = room,
                        store = "always",
                        content = large,
                    }
                ),
            most: 20
        );

        ShouldBeUsedUp(refused);
        var (entries, bytes) = await StoredAsync();
        // The last signal may overdraw the budget, and is paid for before there is another one.
        (bytes + (entries * StorageBudget.RowBytes)).ShouldBeInRange(
            SmallBudgets.BytesOfSender / 2,
            SmallBudgets.BytesOfSender + (Members * 4_000)
        );
    }

    [Fact]
    public async Task With_the_settings_as_they_are_it_is_16_MiB_and_a_signal()
    {
        const int Size = 60_000;
        var api = new Api(usual.Servers.Webapps[0].PublicAddress, IPAddress.Parse("127.0.5.7"));
        var sender = await api.ConnectAsync();
        var room = (await api.CreateRoomAsync(sender)).Text("room")!;
        for (var member = 0; member < Members; member++)
        {
            await api.JoinRoomAsync(await api.ConnectAsync(), room);
        }

        var signals = 0;
        var refused = await StoreUntilRefusedAsync(
            () =>
            {
                signals++;
                return api.ExchangeAsync(
                    sender,
                    new
                    {
                        toRoom = room,
                        store = "always",
                        content = new string('x', Size),
                    }
                );
            },
            most: 50
        );

        ShouldBeUsedUp(refused);
        // 40 copies of 60 KB are 2.4 MB.
        signals.ShouldBeInRange(7, 8);
    }

    [Fact]
    public async Task A_sender_runs_out_of_entries_whichever_sessions_it_sends_from_and_a_repeat_is_answered_all_the_same()
    {
        var api = From("127.0.5.2");
        ConnectedSession[] sessions = [await api.ConnectAsync(made), await api.ConnectAsync(made)];
        var first = new
        {
            to = $"{made}-0",
            store = "always",
            id = "1",
            content = 1,
        };
        (await api.ExchangeAsync(sessions[0], first)).ShouldBeStored();
        var number = 0;

        var refused = await StoreUntilRefusedAsync(
            () => api.StoreAsync(sessions[number % 2], $"{made}-{number++ % 3}", number),
            most: 2 * SmallBudgets.EntriesOfSender
        );

        ShouldBeUsedUp(refused);
        (await StoredAsync()).Entries.ShouldBeInRange(
            SmallBudgets.EntriesOfSender * 9 / 10,
            SmallBudgets.EntriesOfSender * 11 / 10
        );
        (await api.ExchangeAsync(sessions[1], first)).ShouldBeStored();
    }

    [Fact]
    public async Task Many_names_at_one_address_share_the_budget_of_the_address_and_others_have_their_own()
    {
        var api = From("127.0.5.3");
        var number = 0;
        var most = SmallBudgets.EntriesOfSender * SmallBudgets.TimesOfAddress;
        var sender = await api.ConnectAsync($"{made}-sender");

        var refused = await StoreUntilRefusedAsync(
            async () =>
            {
                if (number % (SmallBudgets.EntriesOfSender / 2) == 0)
                {
                    sender = await api.ConnectAsync($"{made}-sender-{number}");
                }

                return await api.StoreAsync(sender, $"{made}-{number++ % 10}", number);
            },
            most: 2 * most
        );

        ShouldBeUsedUp(refused);
        (await StoredAsync()).Entries.ShouldBeInRange(most * 9 / 10, most * 11 / 10);
        var elsewhere = From("127.0.5.4");
        (await elsewhere.StoreAsync(await elsewhere.ConnectAsync(), $"{made}-0", 1)).ShouldBeStored();
    }

    [Fact]
    public async Task What_is_delivered_at_once_uses_up_nothing_of_what_may_be_stored()
    {
        var api = From("127.0.5.5");
        await using var bob = await Listener.StartAsync(api, $"{made}-bob");
        var sender = await api.ConnectAsync(made);
        for (var number = 0; number < 2 * SmallBudgets.EntriesOfSender; number++)
        {
            var answer = await api.StoreAsync(sender, bob.Session.UserId, 1, "ifOffline", id: $"{number}");
            answer.Status.ShouldBe(HttpStatusCode.OK, $"signal {number}: {answer.Body}");
        }

        var stored = 0;
        var refused = await StoreUntilRefusedAsync(
            () => api.StoreAsync(sender, $"{made}-{stored++ % 3}", 1),
            most: 2 * SmallBudgets.EntriesOfSender
        );
        ShouldBeUsedUp(refused);
        stored.ShouldBeInRange(SmallBudgets.EntriesOfSender * 9 / 10, SmallBudgets.EntriesOfSender * 11 / 10);
    }

    [Fact]
    public async Task What_is_delivered_at_once_has_a_budget_for_its_ids()
    {
        var api = From("127.0.5.8");
        await using var bob = await Listener.StartAsync(api, $"{made}-bob");
        await using var listening = await Listener.StartAsync(api, made);
        var sender = listening.Session;
        var number = 0;

        var refused = await StoreUntilRefusedAsync(
            () => api.StoreAsync(sender, bob.Session.UserId, 1, "ifOffline", id: $"{number++}"),
            most: 2 * SmallBudgets.IdsOfSender
        );

        ShouldBeUsedUp(refused);
        number.ShouldBeInRange(SmallBudgets.IdsOfSender, SmallBudgets.IdsOfSender * 11 / 10);
        (await api.StoreAsync(sender, bob.Session.UserId, 1, "ifOffline")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_receipt_costs_an_entry()
    {
        var api = From("127.0.5.9");
        var sender = await api.ConnectAsync(made);
        var number = 0;

        var refused = await StoreUntilRefusedAsync(
            () => api.StoreAsync(sender, $"{made}-{number++}", 1, receipt: "delivered"),
            most: SmallBudgets.EntriesOfSender
        );

        ShouldBeUsedUp(refused);
        number.ShouldBeInRange(SmallBudgets.EntriesOfSender / 2, SmallBudgets.EntriesOfSender * 6 / 10);
    }

    [Fact]
    public async Task What_is_refused_costs_nothing()
    {
        var api = From("127.0.5.10");
        await using var bob = await Listener.StartAsync(api, $"{made}-bob");
        await using var listening = await Listener.StartAsync(api, made);
        var sender = listening.Session;
        var room = (await api.CreateRoomAsync(sender)).Text("room")!;
        for (var member = 0; member < 8; member++)
        {
            await api.JoinRoomAsync(await api.ConnectAsync($"{made}-{member}"), room);
        }

        for (var entry = 0; entry < SmallBudgets.EntriesOfSender - 3; entry++)
        {
            (await api.StoreAsync(sender, $"{made}-0", 1)).ShouldBeStored();
        }

        for (var number = 0; number < SmallBudgets.IdsOfSender * 11 / 10; number++)
        {
            // Eight copies are more than is left.
            ShouldBeUsedUp(
                await api.ExchangeAsync(
                    sender,
                    new
                    {
                        toRoom = room,
                        store = "always",
                        id = $"{number}",
                        content = 1,
                    }
                )
            );
        }

        (await api.StoreAsync(sender, $"{made}-0", 1)).ShouldBeStored();
        (await api.StoreAsync(sender, bob.Session.UserId, 1, "ifOffline", id: "last")).Status.ShouldBe(
            HttpStatusCode.OK
        );
    }

    private Api From(string address) => new(small.Webapp.PublicAddress, IPAddress.Parse(address));

    private static async Task<Answer?> StoreUntilRefusedAsync(Func<Task<Answer>> storeAsync, int most)
    {
        for (var time = 0; time < most; time++)
        {
            if (await storeAsync() is { Status: not HttpStatusCode.OK } refused)
            {
                return refused;
            }
        }

        return null;
    }

    private static void ShouldBeUsedUp(Answer? refused)
    {
        refused.ShouldNotBeNull("everything was stored");
        refused.Status.ShouldBe(HttpStatusCode.TooManyRequests, refused.Body);
        refused.Code.ShouldBe(UsedUp);
        refused.Headers.RetryAfter!.Delta!.Value.ShouldBeGreaterThan(TimeSpan.Zero);
    }

    private async Task<(long Entries, long Bytes)> StoredAsync()
    {
        await using var connection = await cluster.Database.OpenConnectionAsync();
        return await connection.QuerySingleAsync<(long, long)>(
            "SELECT count(*), coalesce(sum(length(envelope)), 0)::bigint FROM inbox_entries WHERE starts_with(user_id, @made)",
            new { made }
        );
    }
}
