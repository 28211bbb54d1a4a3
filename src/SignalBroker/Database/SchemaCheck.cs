using Npgsql;

namespace SignalBroker.Database;

/// <summary>Refuses to run on a schema that is older than the code.</summary>
/// <remarks>
/// A database that is down does not keep the webapp from starting: it is not ready until the database is there, and
/// the schema is looked at then.
/// </remarks>
public sealed partial class SchemaCheck(
    NpgsqlDataSource database,
    IHostApplicationLifetime lifetime,
    ILogger<SchemaCheck> logger
) : BackgroundService
{
    /// <summary>The newest change of the schema that this webapp needs.</summary>
    public const string RequiredChange = "20261121_02_strange_behaviors";

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var found = await Reconnecting.Pipeline.ExecuteAsync(
            async token => await IsNewEnoughAsync(token),
            stoppingToken
        );
        if (!found)
        {
            LogOldSchema(RequiredChange);
            Environment.ExitCode = 1;
            lifetime.StopApplication();
        }
    }

    private async Task<bool> IsNewEnoughAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """SELECT EXISTS (SELECT FROM schema_migrations WHERE "MigrationId" = $1)"""
        );
        command.Parameters.AddWithValue(RequiredChange);
        try
        {
            return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
        }
        catch (PostgresException missing) when (missing.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            return false;
        }
    }

    [LoggerMessage(
        LogLevel.Critical,
        "The database's schema is older than this webapp: it lacks the change {Change}. Run 'make migrate'. Stopping"
    )]
    private partial void LogOldSchema(string change);
}
