using System.Net;
using SignalBroker.Hosting;

namespace SignalBroker.StrangeBehaviors;

/// <summary>Collects sightings of strange behavior, and writes them down once a second.</summary>
/// <remarks>Whoever notices something does not wait for the database, and a flood costs a counter in memory.</remarks>
public sealed partial class StrangeBehaviorLog(
    StrangeBehaviorStore store,
    TimeProvider clock,
    ILogger<StrangeBehaviorLog> logger
) : BackgroundService
{
    private const int MostRows = 10_000;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Keep = TimeSpan.FromDays(30);
    private static readonly TimeSpan PruneEvery = TimeSpan.FromHours(1);

    private readonly Lock gate = new();
    private Dictionary<Row, (StrangeSighting Sighting, long Times)> rows = [];

    /// <summary>Notes something strange.</summary>
    public void Record(StrangeSighting sighting)
    {
        lock (gate)
        {
            Add(sighting, 1);
        }
    }

    /// <summary>Notes that a request claimed what it could not prove.</summary>
    /// <param name="context">The request, for the address that it came from.</param>
    /// <param name="what">What it claimed, and where.</param>
    /// <param name="listeningKey">Whose session, if it named one.</param>
    public void RecordBruteForce(HttpContext context, string what, string? listeningKey = null) =>
        Record(new(StrangeKind.BruteForce, what) { ListeningKey = listeningKey, Address = Networks.ClientOf(context) });

    /// <summary>Writes down what has been noted since the last time.</summary>
    public async Task WriteAsync()
    {
        Dictionary<Row, (StrangeSighting Sighting, long Times)> noted;
        lock (gate)
        {
            (noted, rows) = (rows, []);
        }

        if (noted.Count == 0)
        {
            return;
        }

        try
        {
            await store.AddAsync(noted.Values);
        }
        catch
        {
            lock (gate)
            {
                foreach (var (sighting, times) in noted.Values)
                {
                    Add(sighting, times);
                }
            }

            throw;
        }
    }

    /// <inheritdoc />
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await TryAsync(WriteAsync);
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        var prunedAt = clock.GetTimestamp();
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await TryAsync(WriteAsync);
            if (clock.GetElapsedTime(prunedAt) >= PruneEvery)
            {
                prunedAt = clock.GetTimestamp();
                await TryAsync(() => store.PruneAsync(Keep));
            }
        }
    }

    private void Add(StrangeSighting sighting, long times)
    {
        var row = new Row(sighting.Kind, sighting.Node, sighting.ListeningKey, sighting.Address);
        if (!rows.ContainsKey(row) && rows.Count >= MostRows)
        {
            // Keys are easily made up; what they have in common is kept.
            sighting = sighting with
            {
                ListeningKey = null,
                UserId = null,
                Address = null,
            };
            row = new Row(sighting.Kind, sighting.Node, Key: null, Address: null);
        }

        rows[row] = rows.TryGetValue(row, out var known) ? (known.Sighting, known.Times + times) : (sighting, times);
    }

    private async Task TryAsync(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception failure)
        {
            LogNotWritten(failure.Message);
        }
    }

    private sealed record Row(StrangeKind Kind, string? Node, string? Key, IPAddress? Address);

    [LoggerMessage(LogLevel.Warning, "Strange behavior is written down later: {Reason}")]
    private partial void LogNotWritten(string reason);
}
