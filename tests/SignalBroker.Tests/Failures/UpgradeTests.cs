using Npgsql;
using SignalBroker.Identity;
using SignalBroker.Migrations;
using SignalBroker.Rooms;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Failures;

/// <summary>What earlier versions have written holds after an upgrade, and so does what they write during it.</summary>
public sealed class UpgradeTests(TestCluster cluster)
{
    private const string Room = "r.old";
    private const string BeforeNameKeys = "20261121_08_presence";

    // The statement of a webapp that knows of no keys.
    private const string LetIn = "INSERT INTO room_members (room_id, user_id, member_id, alias, anonymous) VALUES ";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_names_of_members_from_before_stay_taken()
    {
        var database = await cluster.CreateDatabaseAsync();
        await Migrator.MigrateToAsync(database, BeforeNameKeys, Token);
        await using var source = NpgsqlDataSource.Create(database);
        await RunAsync(
            source,
            $"""
            INSERT INTO rooms (room_id, kind, owner, is_open, max_members) VALUES ('{Room}', 'broadcast', 'x', true, 100);
            {LetIn}
                ('{Room}', 'x', 'm.1', 'Alice', false), ('{Room}', 'Bill|10', 'm.2', NULL, false),
                ('{Room}', 'kim', 'm.3', 'A1ice', true);
            """
        );
        await Migrator.MigrateAsync(database, Token);
        await RunAsync(source, $"{LetIn} ('{Room}', 'y', 'm.4', 'Milo', false)");

        var members = new MembershipStore(source);
        foreach (var alias in (string[])["Alice", "AIice", "alice", "Bill|10", "BiIl11O", "Milo", "M1l0"])
        {
            (await JoinAsync(members, alias)).ShouldBe(Joining.AliasTaken, alias);
        }

        (await JoinAsync(members, "Kim")).ShouldBe(Joining.Joined);

        await Migrator.MigrateToAsync(database, BeforeNameKeys, Token);
        await Migrator.MigrateAsync(database, Token);
        (await JoinAsync(members, "Alice")).ShouldBe(Joining.AliasTaken);
        (await JoinAsync(members, "K1m")).ShouldBe(Joining.AliasTaken);
    }

    [Theory]
    [InlineData("аαвβсԁеεнһηјϳкκi1|ıіιӏмμ0оορрԛѕтτνԝхχуүυζ")]
    [InlineData("abcdefghijklmnopqrstuvwxyz0123456789")]
    [InlineData("ABCDEFGHIJKLMNOPQRSTUVWXYZ")]
    [InlineData("Ärger und Straße")]
    [InlineData("A\u0308rger")]
    [InlineData("СОФИЯ Ж")]
    [InlineData("ΣΟΦΟΣ")]
    [InlineData("σοφος")]
    [InlineData("F\u200box\u00ad")]
    [InlineData("Ｆｏｘ 𝐅𝐨𝐱 oﬃce")]
    [InlineData("Red\u00a0 Fox")]
    [InlineData("王 🦊")]
    public async Task The_database_makes_the_same_of_a_name_as_the_webapp(string name)
    {
        await using var look = cluster.Database.CreateCommand("SELECT name_key($1)");
        look.Parameters.AddWithValue(name);

        (await look.ExecuteScalarAsync(Token)).ShouldBe(RoomNames.KeyOf(name));
    }

    private static async Task<Joining> JoinAsync(MembershipStore members, string alias)
    {
        var some = Guid.NewGuid().ToString("N");
        return (await members.JoinAsync(Room, new($"m.{some}", some, alias, Anonymous: false), null, 100)).Joining;
    }

    private static async Task RunAsync(NpgsqlDataSource source, string statements)
    {
        await using var run = source.CreateCommand(statements);
        await run.ExecuteNonQueryAsync(Token);
    }
}
