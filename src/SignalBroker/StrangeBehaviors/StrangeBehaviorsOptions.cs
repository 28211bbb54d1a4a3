using System.ComponentModel.DataAnnotations;

namespace SignalBroker.StrangeBehaviors;

/// <summary>The settings under <c>StrangeBehaviors:</c>.</summary>
internal sealed class StrangeBehaviorsOptions
{
    public const string Section = "StrangeBehaviors";

    /// <summary>
    /// Of how many sessions of one address a webapp writes down in a day, for each kind, which session it was; an eighth of
    /// them at once. Of more it counts how often it happened.
    /// </summary>
    [Range(8, 1_000_000_000)]
    public long DetailedPerDayOfAddress { get; set; } = 1_000;
}
