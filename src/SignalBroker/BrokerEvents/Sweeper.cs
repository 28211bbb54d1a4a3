using System.ComponentModel.DataAnnotations;
using Npgsql;
using SignalBroker.Nodes;

namespace SignalBroker.BrokerEvents;

/// <summary>The settings under <c>Sweep:</c>.</summary>
internal sealed class SweepOptions
{
    public const string Section = "Sweep";

    /// <summary>How often overdue sessions are looked for.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00")]
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How often every node is listed and reconciled, due sessions or not.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "1.00:00:00")]
    public TimeSpan ReconcileInterval { get; set; } = TimeSpan.FromMinutes(1);
}

/// <summary>Looks now and then for what no event has told.</summary>
internal sealed partial class Sweeper(
    NpgsqlDataSource database,
    QueueEventStore store,
    Reconciler reconciler,
    NodeCatalog nodes,
    SweepMetrics metrics,
    IOptions<SweepOptions> options,
    TimeProvider clock,
    ILogger<Sweeper> logger
) : BackgroundService
{
    private const string Sessions = "sessions";

    private long? reconciledAt;

    /// <summary>Sweeps once, unless another webapp is at it.</summary>
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        // The lock only spares work: two sweeps at once do no harm. It goes with its connection.
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        if (!await LockAsync("pg_try_advisory_lock", connection, cancellationToken))
        {
            return;
        }

        try
        {
            await reconciler.ExpireAsync();
            await reconciler.TryReconcileAsync(await FindAsync(), cancellationToken);
            metrics.Swept(Sessions, isDone: true);
        }
        finally
        {
            await LockAsync("pg_advisory_unlock", connection, CancellationToken.None);
        }
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Periodically.RunAsync(options.Value.Interval, clock, () => SweepAsync(stoppingToken), NotSwept, stoppingToken);

    private void NotSwept(string reason)
    {
        metrics.Swept(Sessions, isDone: false);
        LogNotSwept(reason);
    }

    private async Task<IEnumerable<string>> FindAsync()
    {
        if (reconciledAt is { } last && clock.GetElapsedTime(last) < options.Value.ReconcileInterval)
        {
            return await store.FindDueNodesAsync(options.Value.Interval);
        }

        reconciledAt = clock.GetTimestamp();
        return nodes.Nodes.Select(node => node.Name);
    }

    private static async Task<bool> LockAsync(
        string function,
        NpgsqlConnection connection,
        CancellationToken cancellationToken
    )
    {
        await using var command = new NpgsqlCommand($"SELECT {function}($1)", connection);
        command.Parameters.AddWithValue(AdvisoryLocks.SessionSweep);
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    [LoggerMessage(LogLevel.Warning, "The sweep was postponed: {Reason}")]
    private partial void LogNotSwept(string reason);
}
