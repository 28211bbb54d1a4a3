using Npgsql;

namespace SignalBroker.Database;

/// <summary>Finds the new primary among several hosts, when the one before is lost.</summary>
/// <remarks>
/// Npgsql remembers which host was no primary or did not answer. If it forgot that after some seconds, as it does by
/// itself, requests would wait for a machine that has gone again and again, and could be led to an old primary that comes back.
/// So it remembers until there is a primary elsewhere.
/// </remarks>
internal sealed partial class PrimaryWatch : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(0.5);

    private readonly NpgsqlMultiHostDataSource hosts;
    private readonly NpgsqlDataSource database;
    private readonly TimeProvider clock;
    private readonly ILogger<PrimaryWatch> logger;
    private readonly NpgsqlDataSource[] candidates;

    public PrimaryWatch(
        NpgsqlConnectionStringBuilder settings,
        NpgsqlMultiHostDataSource hosts,
        NpgsqlDataSource database,
        TimeProvider clock,
        ILogger<PrimaryWatch> logger
    )
    {
        (this.hosts, this.database, this.clock, this.logger) = (hosts, database, clock, logger);
        candidates = [.. settings.Host!.Split(',').Select(host => AsPrimary(settings, host))];
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Periodically.RunAsync(Interval, clock, () => LookAsync(stoppingToken), LogNotLooked, stoppingToken);

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        if (await OpensAsync(database, cancellationToken))
        {
            return;
        }

        // One that does not answer must not hold up the others.
        await foreach (
            var looked in Task.WhenEach(candidates.Select(host => OpensAsync(host, cancellationToken)))
                .WithCancellation(cancellationToken)
        )
        {
            if (await looked)
            {
                hosts.ClearDatabaseStates();
                LogFound();
                return;
            }
        }
    }

    private static async Task<bool> OpensAsync(NpgsqlDataSource source, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await source.OpenConnectionAsync(cancellationToken);
            return true;
        }
        catch (Exception failure) when (DatabaseFailure.Is(failure))
        {
            return false;
        }
    }

    // Opens only if the host is the primary now.
    private static NpgsqlDataSource AsPrimary(NpgsqlConnectionStringBuilder settings, string host)
    {
        var own = new NpgsqlConnectionStringBuilder(settings.ConnectionString)
        {
            Host = host,
            Pooling = false,
            HostRecheckSeconds = 0,
        };
        return new NpgsqlDataSourceBuilder(own.ConnectionString)
            .BuildMultiHost()
            .WithTargetSession(TargetSessionAttributes.Primary);
    }

    [LoggerMessage(LogLevel.Information, "The database's primary is another one, or back")]
    private partial void LogFound();

    [LoggerMessage(LogLevel.Warning, "The database's primary was not looked for: {Reason}")]
    private partial void LogNotLooked(string reason);
}
