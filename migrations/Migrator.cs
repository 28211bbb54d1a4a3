using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql;

namespace SignalBroker.Migrations;

/// <summary>Brings a database to a version of the schema.</summary>
public static class Migrator
{
    /// <summary>The table in which the migrator remembers what it has applied; the webapp reads it too.</summary>
    public const string HistoryTable = "schema_migrations";

    // Any number will do, as long as every migrator takes the same.
    private const long LockKey = 0x5349474E414C;

    /// <summary>Applies every change that the database lacks; does nothing when there is none.</summary>
    /// <param name="connectionString">An Npgsql connection string of a user that may create tables.</param>
    /// <param name="cancellationToken">Stops waiting; a change that has begun is rolled back.</param>
    public static Task MigrateAsync(string connectionString, CancellationToken cancellationToken = default) =>
        MigrateToAsync(connectionString, target: null, cancellationToken);

    /// <summary>Applies or takes back changes until <paramref name="target"/> is the newest one applied.</summary>
    /// <param name="connectionString">An Npgsql connection string of a user that may create and drop tables.</param>
    /// <param name="target">A change's id, "0" for an empty database, null for the newest change.</param>
    /// <param name="cancellationToken">Stops waiting; a change that has begun is rolled back.</param>
    public static async Task MigrateToAsync(
        string connectionString,
        string? target,
        CancellationToken cancellationToken = default
    )
    {
        // Several may start at once on an empty database, where EF's own lock table does not exist yet.
        await using var gate = new NpgsqlConnection(connectionString);
        await gate.OpenAsync(cancellationToken);
        await using (var take = new NpgsqlCommand("SELECT pg_advisory_lock($1)", gate))
        {
            take.Parameters.AddWithValue(LockKey);
            take.CommandTimeout = 0;
            await take.ExecuteNonQueryAsync(cancellationToken);
        }

        try
        {
            await using var schema = Open(connectionString);
            await schema.GetService<IMigrator>().MigrateAsync(target, cancellationToken);
        }
        finally
        {
            await using var release = new NpgsqlCommand("SELECT pg_advisory_unlock($1)", gate);
            release.Parameters.AddWithValue(LockKey);
            await release.ExecuteNonQueryAsync(CancellationToken.None);
        }
    }

    /// <summary>The ids of all changes, oldest first.</summary>
    public static IReadOnlyList<string> Changes()
    {
        using var schema = Open("Host=unused");
        return [.. schema.GetService<IMigrationsAssembly>().Migrations.Keys];
    }

    private static Schema Open(string connectionString) =>
        new(
            new DbContextOptionsBuilder<Schema>()
                .UseNpgsql(connectionString, npgsql => npgsql.MigrationsHistoryTable(HistoryTable))
                .ReplaceService<IMigrationsIdGenerator, ChangeIds>()
                .Options
        );
}
