using System.Globalization;
using Dapper;
using SignalBroker.Http;
using SignalBroker.Inbox;
using SignalBroker.LocalCluster;
using SignalBroker.Push;
using SignalBroker.Rooms;
using SignalBroker.StrangeBehaviors;
using SignalBroker.Tests.Harness;
using SignalBroker.Users;

namespace SignalBroker.Tests.Threats;

/// <summary>How much one address can leave behind in a day: docs/security.md says it, and here it is reckoned and measured.</summary>
public sealed class LeftBehindTests(TestCluster cluster)
{
    // What a row of each kind has at most, with its indexes, and whatever comes with it into other tables.
    private const int NameBytes = 1_536;
    private const int MembershipBytes = 3_072;
    private const int SubscriptionBytes = 4_096;
    private const int StrangeBytes = 768;

    // So many kinds of strange behavior are reckoned with.
    private const int MaxKinds = 12;
    private const int MinutesOfDay = 24 * 60;
    private const double Mebi = 1_048_576;

    // 128 and 64 characters are the most that users and devices may have.
    private static readonly string User = $"repeat('u', 119) || to_char(n, 'FM000000000')";
    private static readonly string Device = $"repeat('d', 55) || to_char(n, 'FM000000000')";
    private static readonly string Name = "repeat('ä', 64)";

    [Fact]
    public void The_documentation_has_what_the_settings_come_to()
    {
        var stored = DailyBudget.MaxPerDay(new InboxOptions().StoredBytesPerDayOfAddress);
        var ids = StorageBudget.MaxIds(new InboxOptions().StoredBytesPerDayOfAddress);
        var names = DailyBudget.MaxPerDay(new UsersOptions().NewPerDayOfAddress) * NameBytes;
        var memberships = DailyBudget.MaxPerDay(new RoomsOptions().MembershipsPerDayOfAddress) * MembershipBytes;
        var subscriptions = DailyBudget.MaxPerDay(new PushOptions().SubscriptionsPerDayOfAddress) * SubscriptionBytes;
        var detailed = DailyBudget.MaxPerDay(new StrangeBehaviorsOptions().DetailedPerDayOfAddress);
        Enum.GetValues<StrangeKind>().Length.ShouldBeLessThanOrEqualTo(MaxKinds);
        var strange = MaxKinds * (detailed + MinutesOfDay) * StrangeBytes;
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "security.md"));

        page.ShouldContain($"| stored signals, with their receipts and ids | {Of(stored)} |");
        page.ShouldContain($"| ids of signals that were delivered at once, or sent to rooms | {Of(ids)} |");
        page.ShouldContain($"| users and devices | {Of(names)} |");
        page.ShouldContain($"| rooms and memberships | {Of(memberships)} |");
        page.ShouldContain($"| subscriptions for pushes | {Of(subscriptions)} |");
        page.ShouldContain($"| strange behavior | {Of(strange)} |");
        page.ShouldContain(
            $"| **all of it** | **{Of(stored + ids + names + memberships + subscriptions + strange)}** |"
        );

        static string Of(long bytes) => $"{Math.Ceiling(bytes / Mebi).ToString(CultureInfo.InvariantCulture)} MiB";
    }

    [Fact]
    public async Task A_stored_signal_with_everything_that_comes_with_it_is_no_larger_than_it_counts()
    {
        var envelope = 500;
        var size = await SizeOfAsync(
            (
                "inbox_entries",
                "user_id, sequence, id, device, envelope, expires_at, receipt_to, room, member, sender, address",
                $"{User}, 1, {Name}, {Device}, convert_to(repeat('x', {envelope}), 'UTF8'), now(), {User}, repeat('r', 24), repeat('m', 24), {User}, '2001:db8::1'::inet"
            ),
            ("inboxes", "user_id, entries", $"{User}, 1"),
            (
                "sent_signals",
                "sender, id, sha256, sequence",
                $"{User}, to_char(n, 'FM000000000') || {Name}, sha256('x'), n"
            )
        );

        (size - envelope).ShouldBeLessThan(StorageBudget.RowBytes);
    }

    [Fact]
    public async Task The_id_of_a_signal_that_was_delivered_at_once_is_no_larger_than_it_counts()
    {
        const int Sessions = 2;
        var size = await SizeOfAsync(
            (
                "sent_signals",
                "sender, id, sha256, answer",
                $"{User}, to_char(n, 'FM000000000') || {Name}, sha256('x'), convert_to(repeat('x', {Sessions * StorageBudget.OutcomeBytes}), 'UTF8')"
            )
        );

        size.ShouldBeLessThan(StorageBudget.IdBytes + (Sessions * StorageBudget.OutcomeBytes));
    }

    [Fact]
    public async Task What_a_name_a_membership_a_subscription_and_strange_behavior_leave_is_no_larger_than_reckoned()
    {
        (
            await SizeOfAsync(
                ("users", "user_id, anonymous", $"{User}, false"),
                ("inbox_devices", "user_id, device", $"{User}, {Device}")
            )
        ).ShouldBeLessThan(NameBytes);
        (
            await SizeOfAsync(
                (
                    "rooms",
                    "room_id, name, kind, owner, is_open, join_code_sha256, max_members",
                    $"'r.' || md5(n::text), {Name}, 'broadcast', {User}, false, sha256('x'), 1"
                ),
                (
                    "room_members",
                    "room_id, user_id, member_id, alias, anonymous",
                    $"'r.' || md5(n::text), {User}, md5(n::text), {Name}, false"
                ),
                (
                    "room_departures",
                    "room_id, user_id, anonymous, left_at",
                    $"'r.' || md5(n::text), {User}, false, now()"
                ),
                ("users", "user_id, anonymous", $"{User}, false")
            )
        ).ShouldBeLessThan(MembershipBytes);
        (
            await SizeOfAsync(
                (
                    "push_subscriptions",
                    "endpoint_sha256, user_id, device, endpoint, public_key, secret, content",
                    // Random, or it would be compressed.
                    $"sha256(n::text::bytea), {User}, {Device}, (SELECT string_agg(md5(random()::text), '') FROM generate_series(n - n, 63)), convert_to(repeat('k', 65), 'UTF8'), convert_to(repeat('s', 16), 'UTF8'), false"
                ),
                ("push_outbox", "subscription, sequence, due_at", "n, 1, now()")
            )
        ).ShouldBeLessThan(SubscriptionBytes);
        (
            await SizeOfAsync(
                (
                    "strange_behaviors",
                    "kind, node, listening_key, user_id, address, minute, first_at, last_at, times, detail",
                    $"'AckedWithoutQueue', repeat('n', 32), 's.' || md5(n::text), {User}, '2001:db8::1'::inet, now(), now(), now(), 1, repeat('x', 80)"
                )
            )
        ).ShouldBeLessThan(StrangeBytes);
    }

    // How many bytes a row in each of these tables has, together with its part of the indexes.
    private async Task<double> SizeOfAsync(params (string Table, string Columns, string Values)[] rows)
    {
        const int Rows = 2_000;
        await using var connection = await cluster.Database.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(TestContext.Current.CancellationToken);
        var size = 0.0;
        foreach (var (table, columns, values) in rows)
        {
            var options = await connection.QuerySingleAsync<string?>(
                "SELECT array_to_string(reloptions, ', ') FROM pg_class WHERE oid = @table::regclass",
                new { table }
            );
            await connection.ExecuteAsync(
                $"""
                CREATE TEMP TABLE measured (LIKE {table} INCLUDING ALL) {(options is null ? "" : $"WITH ({options})")};
                INSERT INTO measured ({columns}) SELECT {values} FROM generate_series(1, {Rows}) AS n;
                """
            );
            size += await connection.QuerySingleAsync<long>("SELECT pg_total_relation_size('measured')");
            await connection.ExecuteAsync("DROP TABLE measured");
        }

        return size / Rows;
    }
}
