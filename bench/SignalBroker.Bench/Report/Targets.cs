namespace SignalBroker.Bench.Report;

/// <summary>One thing that SignalBroker should be.</summary>
/// <param name="Wanted">How much at least, or at most.</param>
public sealed record Target(string What, string Wanted, string Measured, bool Met);

/// <summary>Judges a report by the targets; what was not measured is not judged.</summary>
/// <remarks>
/// SignalBroker is judged as it is recommended, by MQTT on the newest RabbitMQ, beside itself by STOMP on the installed one.
/// Where the newest was not measured, by STOMP alone.
/// </remarks>
public static class Targets
{
    private const string Raw = "raw broker";
    private const string Ours = "SignalBroker";
    private const string SocketIo = "Socket.IO ×2 + Redis";

    /// <summary>All targets for which there are figures.</summary>
    public static IReadOnlyList<Target> Judge(BenchmarkReport report) =>
        [
            .. report.Exchange is { } exchange ? OfExchange(exchange) : [],
            .. report.Connects is { } connects ? OfConnects(connects) : [],
            .. report.Calls is { } calls ? OfCalls(calls) : [],
            .. report.Storm is { } storm ? OfStorm(storm) : [],
            .. report.Sessions is { } sessions ? OfSessions(sessions) : [],
            .. report.Headline is { } headline ? OfHeadline(headline) : [],
        ];

    /// <summary>The name of the best SignalBroker among these systems.</summary>
    public static string BestOf(IEnumerable<string> systems) => systems.LastOrDefault(IsOursByMqtt) ?? Ours;

    private static IEnumerable<Target> OfExchange(SignalsSection section)
    {
        var ours = Row(BestOf(section.Rows.Select(row => row.System)))!;
        var (raw, stomp) = (Row(RawBeside(ours.System))!, Row(Ours)!);
        var (cpu, servers) = (ours.Saturated[0].CpuMicroseconds, Servers(ours));
        if (ours != stomp)
        {
            var speed = Spread.Ratio(ours.Saturated[0].PerSecond, stomp.Saturated[0].PerSecond);
            yield return AtLeast("signals per second by MQTT : by STOMP", 1.4, speed);
            yield return AtMost(
                "servers' CPU time per signal by MQTT : by STOMP",
                0.6,
                Spread.Ratio(servers, Servers(stomp))
            );
            var webapp = Spread.Ratio(cpu["webapp"], stomp.Saturated[0].CpuMicroseconds["webapp"]);
            yield return AtMost("the webapp's CPU time per signal by MQTT : by STOMP", 0.8, webapp);
        }

        if (Row(SocketIo) is { } peer)
        {
            var several = Spread.OfServers(ours.Several!.CpuMicroseconds);
            yield return AtMost(
                $"servers' CPU time per signal : {SocketIo}",
                1.2,
                Spread.Ratio(servers, Servers(peer))
            );
            yield return AtMost(
                $"… with {section.PerRequest} signals in each request",
                0.7,
                Spread.Ratio(several, Servers(peer))
            );
        }

        var postgres = Spread.Ratio(cpu["postgres"], cpu["webapp"]);
        yield return AtMost("PostgreSQL's CPU time per signal : the webapp's", 0.05, postgres);
        yield return AtMost($"p50 at {section.Rate}/s : raw broker's", 1.5, Spread.Ratio(ours.P50, raw.P50));
        yield return AtMost($"p99 at {section.Rate}/s : raw broker's", 2.0, Spread.Ratio(ours.P99, raw.P99));
        foreach (var (size, bytes) in ours.AllocatedBytes)
        {
            var what = $"the webapp's allocations per signal of {size} B, in bytes, its payload included";
            yield return AtMost(what, 1024 + size, bytes, "F0");
        }

        SignalsRow? Row(string system) => section.Rows.SingleOrDefault(row => row.System == system);

        static Spread Servers(SignalsRow row) => Spread.OfServers(row.Saturated[0].CpuMicroseconds);
    }

    private static IEnumerable<Target> OfConnects(ConnectsSection section)
    {
        var ours = Row(BestOf(section.Rows.Select(row => row.System)));
        var (raw, stomp) = (Row(RawBeside(ours.System)), Row(Ours));
        var memory = new Spread([ours.ErlangKiBPerListener ?? double.NaN]);
        yield return AtMost("memory per listener in Erlang's use, in KiB", 32, memory, "F0");
        yield return AtLeast("connects per second : raw broker's", 0.90, Spread.Ratio(ours.PerSecond, raw.PerSecond));
        if (ours != stomp)
        {
            var connects = Spread.Ratio(ours.PerSecond, stomp.PerSecond);
            yield return AtLeast("connects per second by MQTT : by STOMP", 1.3, connects);
        }

        ConnectsRow Row(string system) => section.Rows.Single(row => row.System == system);
    }

    private static IEnumerable<Target> OfCalls(CallsSection section)
    {
        var ours = Servers(BestOf(section.Rows.Select(row => row.System)));
        yield return AtMost("servers' CPU time per call set up : PeerJS", 1.5, Spread.Ratio(ours, Servers("PeerJS")));

        Spread Servers(string system) =>
            Spread.OfServers(section.Rows.Single(row => row.System == system).CpuMicroseconds);
    }

    private static IEnumerable<Target> OfStorm(StormSection section)
    {
        var best = BestOf(section.Rows.Select(row => row.System));
        var ours = section.Rows.Single(row => row.System == best);
        var raw = section.Rows.Single(row => row.System == RawBeside(best));
        var what = $"reconnect storm of {section.Listeners} listeners: seconds : raw broker's";
        yield return AtMost(what, 1.15, new([ours.ReconnectSeconds / raw.ReconnectSeconds]));
        yield return AtMost("… and failed attempts", 0, new([ours.Failed]), "F0");
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
        var best = BestOf(section.Rows.Select(row => row.System));
        var ours = section.Rows.Single(row => row.System == best);
        yield return AtMost($"{section.Signals:N0} signals, seconds until all have arrived", 3, ours.Seconds, "F1");
        yield return AtMost("… and errors", 0, new([ours.Errors]), "F0");
    }

    private static string RawBeside(string system) => Raw + system[Ours.Length..];

    private static bool IsOursByMqtt(string system) =>
        system.StartsWith(Ours, StringComparison.Ordinal) && system.EndsWith("MQTT", StringComparison.Ordinal);

    private static Target AtLeast(string what, double wanted, Spread measured, string format = "F2") =>
        new(what, $"≥ {wanted.ToString(format)}", Text.Of(measured, format), measured.Median >= wanted);

    private static Target AtMost(string what, double wanted, Spread measured, string format = "F2") =>
        new(what, $"≤ {wanted.ToString(format)}", Text.Of(measured, format), measured.Median <= wanted);
}
