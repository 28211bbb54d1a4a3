using SignalBroker.Bench.Report;
using SignalBroker.Bench.Systems;

namespace SignalBroker.Bench.Measurements;

/// <summary>Measures the same beside few and beside many sessions of others, in turns.</summary>
public sealed class SessionsMeasurement(Scale scale, Action<string> say)
{
    /// <summary>Fills the tables of the systems, one with few sessions and one with many, and measures both.</summary>
    public async Task<IReadOnlyList<SessionsRow>> MeasureAsync(
        SignalBrokerSystem few,
        SignalBrokerSystem many,
        CancellationToken cancellationToken
    )
    {
        await using var first = await PrepareAsync(few, scale.FewSessions, cancellationToken);
        await using var second = await PrepareAsync(many, scale.ManySessions, cancellationToken);
        for (var run = 1; run <= scale.Runs; run++)
        {
            await first.MeasureAsync(scale, run, say, cancellationToken);
            await second.MeasureAsync(scale, run, say, cancellationToken);
        }

        return [first.Row(), second.Row()];
    }

    private async Task<Measured> PrepareAsync(SignalBrokerSystem system, int count, CancellationToken cancellationToken)
    {
        say($"Filling a table with {count} sessions");
        // A node that no webapp knows: a known one would be listed, and sessions without a queue go.
        await system.AskAsync<long>(
            $"""
            WITH filled AS (
                INSERT INTO sessions (listening_key, user_id, node, passcode_sha256, address, original_client,
                                      created_at, ack_by, admitted_at, acked_at)
                SELECT 's.' || left(md5(number::text), 26), 'other-' || number, 'elsewhere',
                       sha256(number::text::bytea), '10.0.0.0'::inet + number, false, now(), now(), now(), now()
                FROM generate_series(1, {count}) AS number
                RETURNING 1
            )
            SELECT count(*) FROM filled
            """,
            cancellationToken
        );
        await system.ExecuteAsync("VACUUM ANALYZE sessions", cancellationToken);
        var population = await Population.OpenAsync(
            system,
            scale.KillListeners,
            scale.ConnectsAtOnce,
            cancellationToken
        );
        await new Load(system, population, scale.Sizes[0]).SaturateAsync(scale.WarmUp, cancellationToken);
        return new(system, population, count, new ConnectsMeasurement(scale, say));
    }

    private sealed class Measured(
        SignalBrokerSystem system,
        Population population,
        int sessions,
        ConnectsMeasurement connects
    ) : IAsyncDisposable
    {
        private readonly List<ConnectSample> connected = [];
        private readonly List<LoadSample> saturated = [];
        private readonly List<LoadSample> paced = [];

        public async Task MeasureAsync(Scale scale, int run, Action<string> say, CancellationToken cancellationToken)
        {
            var load = new Load(system, population, scale.Sizes[0]);
            connected.Add(await connects.ConnectAsync(system, cancellationToken));
            saturated.Add(await load.SaturateAsync(scale.Duration, cancellationToken));
            paced.Add(await load.PaceAsync(scale.Rate, scale.Duration, cancellationToken));
            say(
                $"{sessions} sessions, run {run}: {connected[^1].PerSecond:F0} connects/s, {saturated[^1].PerSecond:F0} signals/s, "
                    + $"p50 {paced[^1].P50:F0} µs, p99 {paced[^1].P99:F0} µs"
            );
        }

        public SessionsRow Row() =>
            new(
                sessions,
                Spread.Of(connected, run => run.PerSecond),
                Spread.Of(saturated, run => run.PerSecond),
                Spread.Of(paced, run => run.P50),
                Spread.Of(paced, run => run.P99)
            );

        public ValueTask DisposeAsync() => population.DisposeAsync();
    }
}
