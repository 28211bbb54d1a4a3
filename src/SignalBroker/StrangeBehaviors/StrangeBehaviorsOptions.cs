using System.ComponentModel.DataAnnotations;

namespace SignalBroker.StrangeBehaviors;

/// <summary>The settings under <c>StrangeBehaviors:</c>.</summary>
internal sealed class StrangeBehaviorsOptions
{
    public const string Section = "StrangeBehaviors";

    /// <summary>
    /// How many sessions per day, kind and address a webapp records in detail; an eighth of them at once. Beyond that it
    /// only counts.
    /// </summary>
    [Range(8, 1_000_000_000)]
    public long DetailedPerDayOfAddress { get; set; } = 1_000;
}
