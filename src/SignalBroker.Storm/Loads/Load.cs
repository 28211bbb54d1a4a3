using System.Globalization;
using SignalBroker.Storm.Workers;

namespace SignalBroker.Storm.Loads;

/// <summary>One kind of load.</summary>
public abstract class Load(LoadOptions options)
{
    /// <summary>What every load has.</summary>
    public LoadOptions Options { get; } = options;

    public abstract string Name { get; }

    /// <summary>One sentence that says what is done.</summary>
    public abstract string Title { get; }

    /// <summary>The latency whose percentiles are shown over time.</summary>
    public virtual string MainLatency => Counters.DeliveryLatency;

    /// <summary>The options that this load has besides the common ones, as they would be typed.</summary>
    public virtual IReadOnlyDictionary<string, string> OwnOptions => new Dictionary<string, string>();

    /// <summary>What is wrong with the options, in one line; null when nothing is.</summary>
    public virtual string? Problem => null;

    /// <summary>Options as they would be typed, in this order.</summary>
    protected static Dictionary<string, string> Typed(params IEnumerable<(string Name, object Value)> options) =>
        options.ToDictionary(
            option => option.Name,
            option => Convert.ToString(option.Value, CultureInfo.InvariantCulture)!
        );

    internal abstract Task RunAsync(LoadRun run, CancellationToken cancellationToken);
}
