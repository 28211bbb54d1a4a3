using System.Net;
using Microsoft.Extensions.Options;
using SignalBroker.Hosting;
using SignalBroker.Http;
using SignalBroker.Identity;

namespace SignalBroker.StrangeBehaviors;

/// <summary>Collects sightings of strange behavior, and writes them down once a second.</summary>
/// <remarks>Whoever notices something does not wait for the database, and a flood costs a counter in memory.</remarks>
internal sealed partial class StrangeBehaviorLog(
    StrangeBehaviorStore store,
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
    private Dictionary<Row, (StrangeSighting Sighting, long Times)> rows = [];

    public void Record(StrangeSighting sighting)
    {
        lock (gate)
        {
            Add(MayHaveDetails(sighting) ? sighting : sighting with { ListeningKey = null, UserId = null }, 1);
        }
    }

    /// <summary>Notes that a request claimed what it could not prove.</summary>
    /// <param name="context">The request, for the address that it came from.</param>
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

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await TryAsync(WriteAsync);
    }

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

    // The rows of a minute are one, so a session costs its address one detail for each minute, however often it is seen.
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

        // What names nobody must not use up what others have: keys are easily made up.
        var address = sighting.Address ?? sighting.SessionAddress;
        var payer = (sighting.Kind, address, address is null ? sighting.UserId : null);
        return details.Take(payer) is null && detailed.Add(row);
    }

    private void Add(StrangeSighting sighting, long times)
    {
        var row = Row.Of(sighting);
        if (!rows.ContainsKey(row) && rows.Count >= MaxRows)
        {
            // Keys are easily made up; what they have in common is kept.
            sighting = sighting with
            {
                ListeningKey = null,
                UserId = null,
                Address = null,
            };
            row = Row.Of(sighting);
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

    private sealed record Row(StrangeKind Kind, string? Node, string? Key, IPAddress? Address)
    {
        public static Row Of(StrangeSighting sighting) =>
            new(sighting.Kind, sighting.Node, sighting.ListeningKey, sighting.Address);
    }

    [LoggerMessage(LogLevel.Warning, "Recording strange behavior was postponed: {Reason}")]
    private partial void LogNotWritten(string reason);
}
