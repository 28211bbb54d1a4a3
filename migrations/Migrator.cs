using System.Runtime.ExceptionServices;
using FluentMigrator.Runner;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace SignalBroker.Migrations;

/// <summary>Brings a database to a version of the schema.</summary>
public static class Migrator
{
    // Any number will do, as long as every migrator takes the same.
    private const long LockKey = 0x5349474E414C;

    // Until 2026-11-28 the changes were written down by another library, in a table of its own.
    private const string TakeOver = $"""
        DO $$ BEGIN
            IF to_regclass('schema_migrations') IS NOT NULL THEN
                CREATE TABLE {History.Table} (version bigint NOT NULL, applied_on timestamp, change varchar(1024));
                CREATE UNIQUE INDEX schema_changes_version ON {History.Table} (version);
                INSERT INTO {History.Table} (version, applied_on, change)
                SELECT replace(left("MigrationId", 11), '_', '')::bigint, now() AT TIME ZONE 'UTC', "MigrationId"
                FROM schema_migrations;
                DROP TABLE schema_migrations;
            END IF;
        END $$
        """;

    /// <summary>Applies every change that the database lacks; does nothing when there is none.</summary>
    /// <param name="connectionString">An Npgsql connection string of a user that may create tables.</param>
    /// <exception cref="NpgsqlException">The database can't be reached, or a change failed and was rolled back.</exception>
    public static Task MigrateAsync(string connectionString, CancellationToken cancellationToken = default) =>
        MigrateToAsync(connectionString, target: null, cancellationToken);

    /// <summary>Applies or takes back changes until <paramref name="target"/> is the newest one applied.</summary>
    /// <param name="connectionString">An Npgsql connection string of a user that may create and drop tables.</param>
    /// <param name="target">A change's id, "0" for an empty database, null for the newest change.</param>
    /// <exception cref="ArgumentException">There is no such change.</exception>
    /// <exception cref="NpgsqlException">The database can't be reached, or a change failed and was rolled back.</exception>
    public static async Task MigrateToAsync(
        string connectionString,
        string? target,
        CancellationToken cancellationToken = default
    )
    {
        connectionString = OfPrimary(connectionString);
        await using var services = Build(connectionString);
        var runner = services.GetRequiredService<IMigrationRunner>();
        var version = VersionOf(target, runner);

        // Several may start at once on an empty database, and the runner has no lock of its own.
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
            await using (var takeOver = new NpgsqlCommand(TakeOver, gate))
            {
                await takeOver.ExecuteNonQueryAsync(cancellationToken);
            }

            await Task.Run(() => Run(runner, version), CancellationToken.None);
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
        using var services = Build("Host=unused");
        return [.. Known(services.GetRequiredService<IMigrationRunner>()).Values];
    }

    // Of several hosts, the one that can be written to.
    internal static string OfPrimary(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        settings.TargetSessionAttributes = settings.Host?.Contains(',') is true ? "primary" : null;
        return settings.ConnectionString;
    }

    private static ServiceProvider Build(string connectionString) =>
        new ServiceCollection()
            .AddFluentMigratorCore()
            .ConfigureRunner(runner =>
                runner
                    .AddPostgres15_0()
                    .WithGlobalConnectionString(connectionString)
                    .ScanIn(typeof(Migrator).Assembly)
                    .For.Migrations()
                    .For.VersionTableMetaData()
            )
            .BuildServiceProvider();

    private static SortedList<long, string> Known(IMigrationRunner runner)
    {
        var known = new SortedList<long, string>();
        foreach (var (version, change) in runner.MigrationLoader.LoadMigrations())
        {
            known.Add(version, change.Description);
        }

        return known;
    }

    private static long VersionOf(string? target, IMigrationRunner runner)
    {
        if (target is "0")
        {
            return 0;
        }

        var known = Known(runner);
        var index = target is null ? known.Count - 1 : known.IndexOfValue(target);
        return index < 0
            ? throw new ArgumentException($"there is no change {target}", nameof(target))
            : known.GetKeyAtIndex(index);
    }

    private static void Run(IMigrationRunner runner, long version)
    {
        try
        {
            runner.MigrateUp(version);
            runner.MigrateDown(version);
        }
        catch (Exception failure) when (failure.InnerException is NpgsqlException cause)
        {
            // The runner's own message quotes the whole change.
            ExceptionDispatchInfo.Throw(cause);
        }
    }
}
