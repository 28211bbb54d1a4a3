using Npgsql;

namespace SignalBroker.Database;

/// <summary>Refuses to run on a schema that is older than the code.</summary>
/// <remarks>
/// A database that is down does not keep the webapp from starting: it is not ready until the database is there, and
/// the schema is looked at then.
/// </remarks>
internal sealed partial class SchemaCheck(
    NpgsqlDataSource database,
    IHostApplicationLifetime lifetime,
    ILogger<SchemaCheck> logger
) : BackgroundService
{
    /// <summary>The newest change of the schema that this webapp needs.</summary>
    public const string RequiredChange = "20261130_19_moderation";

    private bool isChecked;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await CheckAsync(cancellationToken);
        }
        catch (NpgsqlException down)
        {
            LogDatabaseDown(down.Message);
        }

        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (isChecked)
        {
            return;
        }

        try
        {
            await Reconnecting.UntilDoneAsync(CheckAsync, down => LogDatabaseDown(down.Message), stoppingToken);
        }
        catch (InvalidSettingException old)
        {
            LogOldSchema(old.Message);
            Environment.ExitCode = 1;
            lifetime.StopApplication();
        }
    }

    private async Task CheckAsync(CancellationToken cancellationToken)
    {
        isChecked = await IsNewEnoughAsync(database, cancellationToken)
            ? true
            : throw new InvalidSettingException(
                $"the database's schema is older than this webapp: it lacks the change {RequiredChange}. Run 'make migrate'."
            );
    }

    /// <summary>Whether the schema has every change that this webapp needs.</summary>
    public static async Task<bool> IsNewEnoughAsync(NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """SELECT EXISTS (SELECT FROM schema_changes WHERE change = $1)"""
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

    [LoggerMessage(LogLevel.Warning, "The database can't be reached: {Reason}")]
    private partial void LogDatabaseDown(string reason);

    [LoggerMessage(LogLevel.Critical, "Stopping: {Reason}")]
    private partial void LogOldSchema(string reason);
}
