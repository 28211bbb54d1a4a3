using System.Globalization;
using Npgsql;

namespace SignalBroker.Migrations;

/// <summary>Makes a database that has come out of a backup count on from where nobody has been.</summary>
/// <remarks>
/// Devices and members remember how far an inbox or a room had come. Numbers that were given out after the backup must not be
/// given out again: a device would take a new signal for one that it has had.
/// </remarks>
public static class Restored
{
    // More than any inbox or room gets between two backups; JavaScript counts exactly up to nine million times as far.
    private const long Ahead = 1_000_000_000;

    private static readonly string Statements = string.Create(
        CultureInfo.InvariantCulture,
        $"""
        BEGIN;
        -- Whoever has no inbox in the backup may have got one since.
        INSERT INTO inboxes (user_id) SELECT user_id FROM users ON CONFLICT (user_id) DO NOTHING;
        -- Something may be missing before what comes next.
        UPDATE inboxes SET last_sequence = last_sequence + {Ahead}, lowest_sequence = last_sequence + {Ahead} + 1;
        DO $$ BEGIN
            EXECUTE format(
                'ALTER TABLE inboxes ALTER last_sequence SET DEFAULT %s',
                (SELECT coalesce(max(last_sequence), {Ahead}) FROM inboxes)
            );
        END $$;
        UPDATE rooms SET version = version + {Ahead};
        COMMIT;
        """
    );

    /// <summary>Does it, before the first webapp uses the database; again does no harm.</summary>
    /// <param name="connectionString">An Npgsql connection string of the tables' owner.</param>
    /// <exception cref="NpgsqlException">The database can't be reached, or has no schema yet.</exception>
    public static async Task CountOnAsync(string connectionString, CancellationToken cancellationToken = default)
    {
        await using var connection = new NpgsqlConnection(Migrator.OfPrimary(connectionString));
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(Statements, connection);
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
