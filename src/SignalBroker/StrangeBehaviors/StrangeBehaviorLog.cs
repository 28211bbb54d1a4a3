using System.Net;

namespace SignalBroker.StrangeBehaviors;

/// <summary>Collects sightings of strange behavior, and stores them once a second.</summary>
/// <remarks>So nobody waits for the database, and a flood costs only a counter in memory.</remarks>
internal sealed partial class StrangeBehaviorLog(
    StrangeBehaviorStore store,
    StrangeMetrics metrics,
    IOptions<StrangeBehaviorsOptions> options,
    TimeProvider clock,
    ILogger<StrangeBehaviorLog> logger
) : BackgroundService
{
    private const int MaxRows = 10_000;

    private static readonly TimeSpan OneMinute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Keep = TimeSpan.FromDays(30);
    private static readonly TimeSpan PruneEvery = TimeSpan.FromHours(1);

    private readonly Lock gate = new();
    private readonly DailyBudget<(StrangeKind Kind, IPAddress? Address, string? UserId)> details = new(
        options.Value.DetailedPerDayOfAddress,
        clock
    );
    private readonly HashSet<Row> detailed = [];
    private long detailedSince = clock.GetTimestamp();
    private long prunedAt = clock.GetTimestamp();
    private Dictionary<Row, (StrangeSighting Sighting, long Times)> rows = [];

    public void Record(StrangeSighting sighting)
    {
        metrics.Seen(sighting.Kind);
        lock (gate)
        {
            Add(MayHaveDetails(sighting) ? sighting : sighting with { ListeningKey = null, UserId = null }, 1);
        }
    }

    /// <summary>Records that a request claimed what it could not prove.</summary>
    /// <param name="listeningKey">Whose session, if it named one.</param>
    public void RecordBruteForce(HttpContext context, string what, string? listeningKey = null) =>
        Record(new(StrangeKind.BruteForce, what) { ListeningKey = listeningKey, Address = Networks.ClientOf(context) });

    /// <summary>Stores what has been recorded since the last time.</summary>
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

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            await WriteAsync();
        }
        catch (Exception failure)
        {
            LogNotWritten(failure.Message);
        }
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Periodically.RunAsync(Interval, clock, WriteAndPruneAsync, LogNotWritten, stoppingToken);

    private async Task WriteAndPruneAsync()
    {
        await WriteAsync();
        if (clock.GetElapsedTime(prunedAt) >= PruneEvery)
        {
            prunedAt = clock.GetTimestamp();
            await store.PruneAsync(Keep);
        }
    }

    // A minute's sightings share a row, so a session costs its address one detail per minute, however often it is seen.
    private bool MayHaveDetails(StrangeSighting sighting)
    {
        if (clock.GetElapsedTime(detailedSince) >= OneMinute || detailed.Count >= MaxRows)
        {
            detailed.Clear();
            detailedSince = clock.GetTimestamp();
        }

        var row = Row.Of(sighting);
        if (sighting.ListeningKey is null || detailed.Contains(row))
        {
            return true;
        }

        // Keys are easily made up, so they must not use up the details of others.
        var address = sighting.Address ?? sighting.SessionAddress;
        var payer = (sighting.Kind, address, address is null ? sighting.UserId : null);
        return details.Take(payer) is null && detailed.Add(row);
    }

    private void Add(StrangeSighting sighting, long times)
    {
        var row = Row.Of(sighting);
        if (!rows.ContainsKey(row) && rows.Count >= MaxRows)
        {
            // Keys are easily made up: drop what differs.
            sighting = new(sighting.Kind, sighting.Detail) { Node = sighting.Node };
            row = Row.Of(sighting);
        }

        rows[row] = rows.TryGetValue(row, out var known) ? (known.Sighting, known.Times + times) : (sighting, times);
    }

    private sealed record Row(StrangeKind Kind, string? Node, string? Key, IPAddress? Address)
    {
        public static Row Of(StrangeSighting sighting) =>
            new(sighting.Kind, sighting.Node, sighting.ListeningKey, sighting.Address);
    }

    [LoggerMessage(LogLevel.Warning, "Could not store strange behavior yet: {Reason}")]
    private partial void LogNotWritten(string reason);
}
