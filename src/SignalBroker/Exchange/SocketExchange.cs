using SignalBroker.Broker;
using SignalBroker.Nodes;

namespace SignalBroker.Exchange;

/// <summary>Takes what sessions send through their sockets, from every node.</summary>
internal sealed class SocketExchange(
    NodeCatalog catalog,
    SocketJudge judge,
    TimeProvider clock,
    ILogger<SocketSignals> logger
) : BackgroundService
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);

    // A node that is away for longer must not keep the others' sessions from sending.
    private static readonly TimeSpan PatienceWithOthers = TimeSpan.FromSeconds(5);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        catalog.ForEachAsync(
            (node, token) =>
                new SocketSignals(
                    node,
                    token => UntilReadyAsync(node, token),
                    signal => judge.Judge(node, signal),
                    logger
                ).RunAsync(token),
            stoppingToken
        );

    // Before its links are up, a webapp could neither relay a signal nor answer it.
    private async Task UntilReadyAsync(Node node, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(LookEvery, clock);
        var since = clock.GetTimestamp();
        while (
            !node.Responsive
            || (catalog.Nodes.Any(other => !other.Responsive) && clock.GetElapsedTime(since) < PatienceWithOthers)
        )
        {
            await timer.WaitForNextTickAsync(cancellationToken);
        }
    }
}
