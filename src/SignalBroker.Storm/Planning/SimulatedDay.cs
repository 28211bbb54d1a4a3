namespace SignalBroker.Storm.Planning;

/// <summary>A day of a fleet: few users at four in the morning and most at four in the afternoon, an upgrade, losses and a drain.</summary>
/// <remarks>
/// From 0:30 on all nodes are upgraded, one after the other; at 10:00 and 16:00 one is lost, and back 15 minutes later; from 19:00 to
/// 20:00 one is drained.
/// </remarks>
public static class SimulatedDay
{
    private const int Hour = 3600;

    // So long after something has happened to a node, what was uneven has evened out by those who come and go.
    private const int Settling = Hour;
    private const int UpgradeTakes = 60;
    private static readonly int UpgradesFrom = Hour / 2;
    private static readonly int[] Losses = [10 * Hour, 16 * Hour];

    /// <summary>Lets the day pass.</summary>
    /// <param name="onHour">Called with each hour that has passed.</param>
    public static SimulatedResult Run(FleetOptions options, Action<SimulatedHour>? onHour = null)
    {
        var fleet = new SimulatedFleet(options);
        var upgrading = new Queue<SimulatedNode>(fleet.Nodes);
        var result = new SimulatedResult(0, 0, 0, 0, 0);
        var hour = new SimulatedHour(0, 0, 1, 0, "");
        SimulatedNode? absent = null;
        var backAt = 0;
        var happened = 0;
        Fill(fleet, options);
        for (var second = 0; second < 24 * Hour; second++)
        {
            var what = Act(second);
            if (what is not null || absent is not null)
            {
                happened = second;
            }

            if (what is not null)
            {
                hour = hour with { Happened = hour.Happened.Length == 0 ? what : $"{hour.Happened}, {what}" };
            }

            fleet.Step(options.Sessions * Share(second));
            hour = hour.With(fleet, options.Capacity);
            var isSteady = second - happened > Settling && fleet.Nodes.All(node => node.Surplus == 0);
            result = new(
                Math.Max(result.Fullest, hour.Fullest),
                isSteady ? Math.Max(result.SteadySpread, Spread(fleet)) : result.SteadySpread,
                fleet.Refused,
                fleet.MostOpened,
                fleet.Moved
            );
            if (second % Hour == Hour - 1)
            {
                onHour?.Invoke(hour);
                hour = new(hour.Hour + 1, 0, 1, 0, "");
            }
        }

        return result;

        // What happens at this second, in words.
        string? Act(int second)
        {
            // One whose return is set already is not upgraded.
            if (backAt == 0 && absent is { Drains: true, Sessions: 0 } drained)
            {
                (drained.Serves, backAt) = (false, second + UpgradeTakes);
                return null;
            }

            if (absent is not null && backAt != 0 && second >= backAt)
            {
                (absent.Serves, absent.Drains, absent) = (true, false, null);
                backAt = 0;
                fleet.Rebalance();
                return second < Losses[0] ? null : "it is back";
            }

            if (Losses.Contains(second))
            {
                absent = fleet.Nodes[second / Hour % fleet.Nodes.Count];
                backAt = second + (Hour / 4);
                fleet.Lose(absent);
                return $"{absent.Name} is lost";
            }

            if (second == 19 * Hour)
            {
                absent = fleet.Nodes[2 % fleet.Nodes.Count];
                (absent.Drains, backAt) = (true, second + Hour);
                return $"{absent.Name} is drained";
            }

            if (
                second >= UpgradesFrom
                && absent is null
                && fleet.Nodes.All(node => node.Surplus == 0)
                && upgrading.TryDequeue(out var next)
            )
            {
                (absent, next.Drains) = (next, true);
                return upgrading.Count == fleet.Nodes.Count - 1 ? "the upgrade begins"
                    : upgrading.Count == 0 ? "the last one is upgraded"
                    : null;
            }

            return null;
        }
    }

    private static void Fill(SimulatedFleet fleet, FleetOptions options)
    {
        while (fleet.Sessions < options.Sessions * Share(0) * 0.99)
        {
            fleet.Step(Math.Min(options.Sessions * Share(0), fleet.Sessions + (options.Sessions / 1000) + 1));
        }
    }

    // Of the users of the busiest moment, how many there are.
    private static double Share(int second) =>
        0.65 - (0.35 * Math.Cos(2 * Math.PI * (second - (4 * Hour)) / (24 * Hour)));

    private static double Spread(SimulatedFleet fleet) =>
        (fleet.Nodes.Max(node => node.Sessions) - fleet.Nodes.Min(node => node.Sessions))
        / fleet.Nodes.Average(node => (double)node.Sessions);
}

/// <summary>One hour of a day.</summary>
/// <param name="Hour">Which one, from 0 on.</param>
/// <param name="Sessions">All sessions at its end.</param>
/// <param name="Emptiest">How full the emptiest node was that took sessions, as a part of its capacity.</param>
/// <param name="Fullest">How full the fullest was.</param>
/// <param name="Happened">What happened, in words.</param>
public sealed record SimulatedHour(int Hour, int Sessions, double Emptiest, double Fullest, string Happened)
{
    internal SimulatedHour With(SimulatedFleet fleet, int capacity)
    {
        var serving = fleet.Nodes.Where(node => node is { Serves: true, Drains: false }).ToArray();
        return this with
        {
            Sessions = fleet.Sessions,
            Emptiest = Math.Min(Emptiest, (double)serving.Min(node => node.Sessions) / capacity),
            Fullest = Math.Max(Fullest, (double)fleet.Nodes.Max(node => node.Sessions) / capacity),
        };
    }
}

/// <summary>What a day has shown.</summary>
/// <param name="Fullest">How full the fullest node was, as a part of its capacity.</param>
/// <param name="SteadySpread">How far nodes were apart at most while nothing happened, as a part of their mean.</param>
/// <param name="Refused">How many connects found no room.</param>
/// <param name="MostOpened">How many sessions the busiest second has opened.</param>
/// <param name="Moved">How many sessions have moved.</param>
public sealed record SimulatedResult(double Fullest, double SteadySpread, long Refused, int MostOpened, long Moved);
