using Npgsql;
using SignalBroker.Migrations;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Failures;

/// <summary>A schema goes forward and back, whoever else is at it, and whatever stands in the way.</summary>
public sealed class MigratorTests(TestCluster cluster)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Migrators_that_start_together_on_an_empty_database_all_succeed()
    {
        var database = await cluster.CreateDatabaseAsync();

        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(() => Migrator.MigrateAsync(database, Token))));

        (await AppliedAsync(database)).ShouldBe(Migrator.Changes());
    }

    [Fact]
    public async Task Every_change_can_be_taken_back_and_made_again()
    {
        var database = await cluster.CreateDatabaseAsync();
        await Migrator.MigrateAsync(database, Token);
        var tables = await TablesAsync(database);
        tables.ShouldContain("sessions");

        await Migrator.MigrateToAsync(database, "0", Token);

        (await AppliedAsync(database)).ShouldBeEmpty();
        (await TablesAsync(database)).ShouldBe([History.Table]);
        foreach (var change in Migrator.Changes())
        {
            await Migrator.MigrateToAsync(database, change, Token);
        }

        (await TablesAsync(database)).ShouldBe(tables);
    }

    [Fact]
    public async Task A_database_of_the_migrator_of_before_is_taken_over()
    {
        var database = await cluster.CreateDatabaseAsync();
        await Migrator.MigrateToAsync(database, Migrator.Changes()[^2], Token);
        var fresh = await cluster.CreateDatabaseAsync();
        await Migrator.MigrateAsync(fresh, Token);
        await using (var source = NpgsqlDataSource.Create(database))
        {
            await using var before = source.CreateCommand(
                $"""
                CREATE TABLE schema_migrations (
                    "MigrationId" varchar(150) CONSTRAINT "PK_schema_migrations" PRIMARY KEY,
                    "ProductVersion" varchar(32) NOT NULL
                );
                INSERT INTO schema_migrations SELECT change, '10.0.0' FROM {History.Table};
                DROP TABLE {History.Table};
                """
            );
            await before.ExecuteNonQueryAsync(Token);
        }

        await Migrator.MigrateAsync(database, Token);

        (await AppliedAsync(database)).ShouldBe(Migrator.Changes());
        (await TablesAsync(database)).ShouldBe(await TablesAsync(fresh));
        await Migrator.MigrateToAsync(database, "0", Token);
        (await TablesAsync(database)).ShouldBe([History.Table]);
    }

    [Fact]
    public async Task A_change_that_fails_says_why_in_one_line_and_leaves_nothing()
    {
        var database = await cluster.CreateDatabaseAsync();
        await Migrator.MigrateToAsync(database, Migrator.Changes()[0], Token);
        await using (var source = NpgsqlDataSource.Create(database))
        {
            await using var taken = source.CreateCommand("CREATE TABLE strange_behaviors ()");
            await taken.ExecuteNonQueryAsync(Token);
        }

        var failure = await Should.ThrowAsync<PostgresException>(() => Migrator.MigrateAsync(database, Token));

        failure.MessageText.ShouldBe("relation \"strange_behaviors\" already exists");
        (await AppliedAsync(database)).ShouldBe([Migrator.Changes()[0]]);
    }

    private static Task<IReadOnlyList<string>> AppliedAsync(string database) =>
        ReadAsync(database, $"SELECT change FROM {History.Table} ORDER BY 1");

    private static Task<IReadOnlyList<string>> TablesAsync(string database) =>
        ReadAsync(database, "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' ORDER BY 1");

    private static async Task<IReadOnlyList<string>> ReadAsync(string database, string query)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand(query);
        await using var reader = await command.ExecuteReaderAsync(Token);
        var rows = new List<string>();
        while (await reader.ReadAsync(Token))
        {
            rows.Add(reader.GetString(0));
        }

        return rows;
    }
}
