using Dapper;
using Npgsql;
using SignalBroker.Nodes;

namespace SignalBroker.Inbox;

/// <summary>Periodically does what a crash has left undone: delivers entries, expires them, sends receipts.</summary>
internal sealed partial class InboxSweeper(
    NpgsqlDataSource database,
    DeliveryStore deliveries,
    SettlingStore settling,
    ReceiptWriter receipts,
    InboxDeliverer deliverer,
    NodeCatalog nodes,
    SweepMetrics metrics,
    IOptions<InboxOptions> options,
    TimeProvider clock,
    ILogger<InboxSweeper> logger
) : BackgroundService
{
    private const string Inboxes = "inboxes";

    /// <summary>Sweeps once, unless another webapp is sweeping.</summary>
    public async Task SweepAsync()
    {
        // The lock only saves work: two sweeps at once do no harm.
        await using var connection = await database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        if (!await connection.ExecuteScalarAsync<bool>($"SELECT pg_try_advisory_xact_lock({AdvisoryLocks.InboxSweep})"))
        {
            return;
        }

        string[] reachable = [.. nodes.Nodes.Where(node => node.Responsive).Select(node => node.Name)];
        foreach (var key in await deliveries.FindBehindAsync(reachable))
        {
            deliverer.Call(key);
        }

        while (await settling.ExpireAsync() > 0)
        {
            // Until nothing is left that is not locked.
        }

        await receipts.DeliverAsync();
        await settling.ForgetAsync();
        metrics.Swept(Inboxes, isDone: true);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Periodically.RunAsync(options.Value.SweepInterval, clock, SweepAsync, NotSwept, stoppingToken);

    private void NotSwept(string reason)
    {
        metrics.Swept(Inboxes, isDone: false);
        LogNotSwept(reason);
    }

    [LoggerMessage(LogLevel.Warning, "Could not sweep the inboxes; trying again later: {Reason}")]
    private partial void LogNotSwept(string reason);
}
