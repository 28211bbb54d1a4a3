using Microsoft.Extensions.Options;
using Npgsql;
using SignalBroker.Database;
using SignalBroker.Hosting;
using SignalBroker.Nodes;

namespace SignalBroker.Inbox;

/// <summary>Looks now and then for what a crash has left: sessions that are behind, entries past their time, receipts on their way.</summary>
internal sealed partial class InboxSweeper(
    NpgsqlDataSource database,
    DeliveryStore deliveries,
    SettlingStore settling,
    ReceiptWriter receipts,
    InboxDeliverer deliverer,
    NodeCatalog nodes,
    IOptions<InboxOptions> options,
    TimeProvider clock,
    ILogger<InboxSweeper> logger
) : BackgroundService
{
    /// <summary>Sweeps once, unless another webapp is at it.</summary>
    public async Task SweepAsync()
    {
        // The lock only spares work: two sweeps at once do no harm.
        await using var connection = await database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var take = new NpgsqlCommand("SELECT pg_try_advisory_xact_lock($1)", connection);
        take.Parameters.AddWithValue(AdvisoryLocks.InboxSweep);
        if (!(bool)(await take.ExecuteScalarAsync())!)
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
            // Until nothing is left that nobody else is at.
        }

        await receipts.DeliverAsync();
        await settling.ForgetAsync();
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Periodically.RunAsync(options.Value.SweepInterval, clock, SweepAsync, LogNotSwept, stoppingToken);

    [LoggerMessage(LogLevel.Warning, "The sweep of the inboxes was postponed: {Reason}")]
    private partial void LogNotSwept(string reason);
}
