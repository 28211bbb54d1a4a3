using System.CommandLine;

namespace SignalBroker.Storm.Planning;

/// <summary>The command that says how many servers so many users need.</summary>
public static class PlanCommand
{
    /// <summary>Makes the command <c>plan</c>.</summary>
    public static Command Create() => new("plan", "Says how many servers so many users need, from measured costs.");
}
