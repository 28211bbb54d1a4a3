namespace SignalBroker.Bench.Report;

/// <summary>One thing that SignalBroker should be.</summary>
/// <param name="Wanted">How much at least, or at most.</param>
public sealed record Target(string What, string Wanted, string Measured, bool Met);

/// <summary>Judges a report by the targets; what was not measured is not judged.</summary>
public static class Targets
{
    private const string Raw = "raw broker";
    private const string Ours = "SignalBroker";

    /// <summary>All targets for which there are figures.</summary>
    public static IReadOnlyList<Target> Judge(BenchmarkReport report) =>
        [
            .. report.Exchange is { } exchange ? OfExchange(exchange).Concat(OfMqtt(exchange)) : [],
            .. report.Connects is { } connects ? OfConnects(connects).Concat(OfMqtt(connects)) : [],
            .. report.Storm is { } storm ? OfStorm(storm) : [],
            .. report.Sessions is { } sessions ? OfSessions(sessions) : [],
            .. report.Headline is { } headline ? OfHeadline(headline) : [],
        ];

    private static IEnumerable<Target> OfExchange(SignalsSection section)
    {
        var raw = section.Rows.Single(row => row.System == Raw);
        var ours = section.Rows.Single(row => row.System == Ours);
        var (rawCpu, cpu) = (raw.Saturated[0].CpuMicroseconds, ours.Saturated[0].CpuMicroseconds);
        var speed = Spread.Ratio(ours.Saturated[0].PerSecond, raw.Saturated[0].PerSecond);
        var broker = Spread.Ratio(cpu["broker"], rawCpu["broker"]);
        var postgres = Spread.Ratio(cpu["postgres"], cpu["webapp"]);
        yield return AtLeast("signals per second : raw broker's", 0.60, speed);
        yield return AtMost("the broker's CPU time per signal : raw", 1.10, broker);
        yield return AtMost("PostgreSQL's CPU time per signal : the webapp's", 0.05, postgres);
        yield return AtMost($"p50 at {section.Rate}/s : raw", 1.6, Spread.Ratio(ours.P50, raw.P50));
        yield return AtMost($"p99 at {section.Rate}/s : raw", 2.0, Spread.Ratio(ours.P99, raw.P99));
        foreach (var (size, bytes) in ours.AllocatedBytes)
        {
            var what = $"the webapp's allocations per signal of {size} B, in bytes, its payload included";
            yield return AtMost(what, 1024 + size, bytes, "F0");
        }
    }

    private static IEnumerable<Target> OfMqtt(SignalsSection section)
    {
        if (section.Rows.SingleOrDefault(row => IsOursByMqtt(row.System)) is not { } mqtt)
        {
            yield break;
        }

        var stomp = section.Rows.Single(row => row.System == Ours).Saturated[0];
        var speed = Spread.Ratio(mqtt.Saturated[0].PerSecond, stomp.PerSecond);
        var (cpu, stompCpu) = (mqtt.Saturated[0].CpuMicroseconds, stomp.CpuMicroseconds);
        yield return AtLeast("signals per second by MQTT : by STOMP", 1.4, speed);
        yield return AtMost(
            "all servers' CPU time per signal by MQTT : by STOMP",
            0.6,
            new([cpu.Values.Sum(role => role.Median) / stompCpu.Values.Sum(role => role.Median)])
        );
    }

    private static IEnumerable<Target> OfMqtt(ConnectsSection section)
    {
        if (section.Rows.SingleOrDefault(row => IsOursByMqtt(row.System)) is not { } mqtt)
        {
            yield break;
        }

        var raw = section.Rows.Single(row => row.System == Raw + mqtt.System[Ours.Length..]);
        var stomp = section.Rows.Single(row => row.System == Ours);
        yield return AtMost(
            "memory per listener by MQTT, in use by Erlang, in KiB",
            32,
            new([mqtt.ErlangKiBPerListener ?? double.NaN]),
            "F0"
        );
        yield return AtLeast("connects per second by MQTT : raw", 0.90, Spread.Ratio(mqtt.PerSecond, raw.PerSecond));
        yield return AtLeast("connects per second by MQTT : STOMP", 1.3, Spread.Ratio(mqtt.PerSecond, stomp.PerSecond));
    }

    private static bool IsOursByMqtt(string system) =>
        system.StartsWith(Ours, StringComparison.Ordinal) && system.EndsWith("MQTT", StringComparison.Ordinal);

    private static IEnumerable<Target> OfConnects(ConnectsSection section)
    {
        var raw = section.Rows.Single(row => row.System == Raw);
        var ours = section.Rows.Single(row => row.System == Ours);
        yield return AtMost("memory per listener on the node, in KiB", 120, new([ours.KiBPerListener]), "F0");
        yield return AtLeast("connects per second : raw broker's", 0.90, Spread.Ratio(ours.PerSecond, raw.PerSecond));
    }

    private static IEnumerable<Target> OfStorm(StormSection section)
    {
        var raw = section.Rows.Single(row => row.System == Raw);
        var ours = section.Rows.Single(row => row.System == Ours);
        var what = $"reconnect storm of {section.Listeners} listeners: seconds : raw";
        yield return AtMost(what, 1.15, new([ours.ReconnectSeconds / raw.ReconnectSeconds]));
        yield return AtMost("reconnect storm: failed attempts", 0, new([ours.Failed]), "F0");
    }

    private static IEnumerable<Target> OfSessions(SessionsSection section)
    {
        var (few, many) = (section.Rows[0], section.Rows[1]);
        var what = $"{many.Sessions:N0} sessions in the table : {few.Sessions:N0}";
        var connects = Spread.Ratio(few.ConnectsPerSecond, many.ConnectsPerSecond);
        yield return AtMost($"{what}, time per connect", 1.2, connects);
        yield return AtMost($"{what}, time per signal", 1.2, Spread.Ratio(few.SignalsPerSecond, many.SignalsPerSecond));
        yield return AtMost($"{what}, p50", 1.2, Spread.Ratio(many.P50, few.P50));
        yield return AtMost($"{what}, p99", 1.2, Spread.Ratio(many.P99, few.P99));
    }

    private static IEnumerable<Target> OfHeadline(HeadlineSection section)
    {
        yield return AtMost($"{section.Signals:N0} signals, seconds until all have arrived", 10, section.Seconds, "F1");
        yield return AtMost("… and errors", 0, new([section.Errors]), "F0");
    }

    private static Target AtLeast(string what, double wanted, Spread measured, string format = "F2") =>
        new(what, $"≥ {wanted.ToString(format)}", Text.Of(measured, format), measured.Median >= wanted);

    private static Target AtMost(string what, double wanted, Spread measured, string format = "F2") =>
        new(what, $"≤ {wanted.ToString(format)}", Text.Of(measured, format), measured.Median <= wanted);
}
