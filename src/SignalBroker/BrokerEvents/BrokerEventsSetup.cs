using Microsoft.Extensions.DependencyInjection.Extensions;
using SignalBroker.Compatibility;
using SignalBroker.Nodes;

namespace SignalBroker.BrokerEvents;

/// <summary>Wires the acks and the clean-up.</summary>
internal static class BrokerEventsSetup
{
    extension(WebApplicationBuilder builder)
    {
        /// <summary>Adds the consumers of the nodes' events and the sweep.</summary>
        public void AddBrokerEvents()
        {
            builder.AddSettings<SweepOptions>(SweepOptions.Section);
            builder.Services.AddSingleton<BrokerEventsMetrics>();
            builder.Services.TryAddSingleton<SweepMetrics>();
            builder.Services.AddSingleton<QueueEventStore>();
            builder.Services.AddSingleton<QueueEventHandler>();
            builder.Services.AddSingleton<Reconciler>();
            builder.Services.AddSingleton<QueueRemover>();
            builder.Services.AddHostedService(services => services.GetRequiredService<QueueRemover>());
            builder.Services.AddHostedService<EventConsumers>();
            builder.Services.AddHostedService<Sweeper>();
        }
    }
}

/// <summary>The consumers of all nodes' events.</summary>
internal sealed class EventConsumers(
    NodeCatalog catalog,
    QueueEventHandler handler,
    Reconciler reconciler,
    OriginalConnections originals,
    BrokerEventsMetrics metrics,
    TimeProvider clock,
    ILogger<NodeEvents> logger
) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        catalog.ForEachAsync(
            (node, token) =>
                new NodeEvents(node, handler, reconciler, originals, metrics, clock, logger).RunAsync(token),
            stoppingToken
        );
}
