using System.Text.Json.Serialization;
using SignalBroker.Bench.Measurements;

namespace SignalBroker.Bench.Report;

/// <summary>One figure, measured in several runs.</summary>
/// <param name="Runs">What each run said, in their order.</param>
public sealed record Spread(IReadOnlyList<double> Runs)
{
    /// <summary>The one in the middle.</summary>
    public double Median => Runs.Order().ElementAt(Runs.Count / 2);

    [JsonIgnore]
    public double Lowest => Runs.Min();

    [JsonIgnore]
    public double Highest => Runs.Max();

    /// <summary>Picks one figure from each run.</summary>
    public static Spread Of<T>(IEnumerable<T> runs, Func<T, double> figure) => new([.. runs.Select(figure)]);

    /// <summary>Picks the CPU time of each role from each run.</summary>
    public static Dictionary<string, Spread> ByRole<T>(
        IReadOnlyList<T> runs,
        Func<T, IReadOnlyDictionary<string, double>> cpu
    ) => cpu(runs[0]).Keys.ToDictionary(role => role, role => Of(runs, run => cpu(run)[role]));

    /// <summary>What all servers took, run by run.</summary>
    public static Spread OfServers(IReadOnlyDictionary<string, Spread> byRole)
    {
        var servers = byRole.Where(role => role.Key != CpuMeter.Generator).Select(role => role.Value).ToArray();
        return new([.. servers[0].Runs.Select((_, run) => servers.Sum(server => server.Runs[run]))]);
    }

    /// <summary>The ratio of two figures, run by run: what disturbs one run disturbs both of its figures.</summary>
    public static Spread Ratio(Spread figure, Spread reference) =>
        new([.. figure.Runs.Zip(reference.Runs, (one, other) => one / other)]);
}
