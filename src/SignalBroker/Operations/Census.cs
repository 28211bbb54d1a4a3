using System.Diagnostics.Metrics;

namespace SignalBroker.Operations;

/// <summary>Counts now and then what the database holds, for the metrics.</summary>
/// <remarks>
/// A scrape only reads what was counted last. Every webapp counts the same, so that it does not matter which of them are
/// scraped.
/// </remarks>
internal sealed partial class Census : BackgroundService
{
    // Counting takes longer the more there is, and is to keep the database busy for at most this part of the time.
    private const double LargestShare = 0.01;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan MaxInterval = TimeSpan.FromMinutes(1);

    private readonly CensusStore store;
    private readonly TimeProvider clock;
    private readonly ILogger<Census> logger;

    // Null before the first count, and while the database does not answer.
    private volatile Counts? last;

    public Census(CensusStore store, IMeterFactory meters, TimeProvider clock, ILogger<Census> logger)
    {
        (this.store, this.clock, this.logger) = (store, clock, logger);
        var meter = meters.CreateOwn();
        meter.CreateObservableGauge(
            "signalbroker.sessions",
            ObserveSessions,
            "{session}",
            "All sessions, whichever webapp opened them"
        );
        Observe("signalbroker.inbox.entries", "{entry}", "Stored signals in all inboxes", stored => stored.Entries);
        Observe("signalbroker.inbox.size", "By", "The stored signals' bytes", stored => stored.Bytes);
        Observe("signalbroker.inbox.oldest", "s", "The age of the oldest stored signal", stored => stored.OldestAge);
        Observe("signalbroker.pushes.waiting", "{push}", "Pushes that are due or put off", stored => stored.Pushes);

        void Observe(string name, string unit, string description, Func<StoredCount, double> value) =>
            meter.CreateObservableGauge(
                name,
                () => last is { } counts ? [new(value(counts.Stored))] : Array.Empty<Measurement<double>>(),
                unit,
                description
            );
    }

    public async Task CountAsync() => last = await store.CountAsync();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // The first count takes longer than it will ever again.
        for (var isFirst = true; ; isFirst = false)
        {
            var pause = Interval;
            var begun = clock.GetTimestamp();
            try
            {
                await CountAsync();
                pause = isFirst ? Interval : Clamp(clock.GetElapsedTime(begun) / LargestShare);
            }
            catch (Exception failure)
            {
                last = null;
                LogNotCounted(failure.Message);
            }

            await Task.Delay(pause, clock, stoppingToken);
        }
    }

    private static TimeSpan Clamp(TimeSpan pause) =>
        pause < Interval ? Interval
        : pause > MaxInterval ? MaxInterval
        : pause;

    private IEnumerable<Measurement<long>> ObserveSessions() =>
        (last?.Sessions ?? []).Select(count => new Measurement<long>(
            count.Sessions,
            new("node", count.Node),
            new KeyValuePair<string, object?>("protocol", count.Protocol)
        ));

    [LoggerMessage(LogLevel.Warning, "What is stored can't be counted for the metrics: {Reason}")]
    private partial void LogNotCounted(string reason);
}
