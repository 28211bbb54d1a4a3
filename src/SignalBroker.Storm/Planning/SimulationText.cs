using SignalBroker.Storm.Wording;

namespace SignalBroker.Storm.Planning;

/// <summary>A simulated day in words, hour by hour while it passes.</summary>
internal static class SimulationText
{
    // With the spare nodes missing, the others are so full at the busiest moment.
    private const double FullAtMost = 0.9;

    public static async Task WriteAsync(Demand demand, Plan plan, int nodes, TextWriter output)
    {
        var count = nodes > 0 ? nodes : (int)Math.Min(1_000, plan.Nodes.Total);
        var working = Math.Max(1, count - demand.Spare);
        var options = new FleetOptions(
            (int)Math.Min(int.MaxValue, demand.Sessions),
            count,
            (int)Math.Ceiling(demand.Sessions / working / FullAtMost),
            (int)Math.Min(100, plan.Webapps.Total),
            demand.SessionMinutes
        );
        await output.WriteAsync(
            $"""

            A day of {count} nodes that should hold {options.Capacity:#,0} sessions each, by the webapps' own choice:
              hour    sessions   emptiest   fullest

            """
        );
        var result = SimulatedDay.Run(
            options,
            hour =>
                output.WriteLine(
                    $"  {hour.Hour, 2}:00{hour.Sessions, 12:#,0}{Quantity.Share(hour.Emptiest), 11}{Quantity.Share(hour.Fullest), 10}   {hour.Happened}".TrimEnd()
                )
        );
        await output.WriteAsync(
            $"""
              the fullest node at any moment: {result.Fullest * 100:0.0}% of its capacity
              from the emptiest to the fullest while nothing happened: {result.SteadySpread * 100:0.0}% of the mean
              connects that found no room: {result.Refused:#,0}; opened in the busiest second: {result.MostOpened:#,0}
              sessions that moved: {result.Moved:#,0}

            """
        );
    }
}
