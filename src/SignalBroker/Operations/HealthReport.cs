using System.ComponentModel.DataAnnotations;

namespace SignalBroker.Operations;

/// <summary>A webapp's health.</summary>
/// <param name="Status"><c>live</c>, <c>ready</c> or <c>notReady</c>.</param>
/// <param name="Database">Whether the database answers.</param>
/// <param name="Nodes">How many nodes can be used.</param>
internal sealed record HealthReport(
    [property: AllowedValues("live", "ready", "notReady")] string Status,
    bool? Database,
    int? Nodes
);
