using SignalBroker.Storm.Planning;

namespace SignalBroker.Storm.Tests.Planning;

/// <summary>How full the nodes of a fleet are while users come and go, and nodes are upgraded, lost and drained.</summary>
public sealed class SimulatedDayTests
{
    private static readonly FleetOptions Fleet = new(
        100_000,
        Nodes: 30,
        Capacity: 3_800,
        Webapps: 6,
        SessionMinutes: 60
    )
    {
        // A tenth of the users move in as much time as all would.
        MovesPerSecond = 5,
    };

    [Fact]
    public void No_node_is_fuller_than_its_capacity_and_all_are_about_equally_full_while_nothing_happens()
    {
        var hours = new List<SimulatedHour>();

        var result = SimulatedDay.Run(Fleet, hours.Add);

        result.Fullest.ShouldBeLessThanOrEqualTo(1);
        result.SteadySpread.ShouldBeInRange(0, 0.05);
        result.Refused.ShouldBe(0);
        hours.Count.ShouldBe(24);
        hours.Min(hour => hour.Sessions).ShouldBeInRange(28_000, 32_000);
        hours.Max(hour => hour.Sessions).ShouldBeInRange(98_000, 102_000);
        hours
            .Where(hour => hour.Happened.Length > 0)
            .Select(hour => (hour.Hour, hour.Happened))
            .ShouldBe([
                (0, "the upgrade begins"),
                (4, "the last one is upgraded"),
                (10, "node11 is lost, it is back"),
                (16, "node17 is lost, it is back"),
                (19, "node3 is drained"),
                (20, "it is back"),
            ]);
    }

    [Fact]
    public void Without_room_connects_are_refused_and_counted()
    {
        var result = SimulatedDay.Run(Fleet with { Capacity = 3_000 });

        result.Refused.ShouldBeGreaterThan(0);
        // Webapps count every 2 s, and don't know of each other meanwhile.
        result.Fullest.ShouldBeInRange(1, 2);
    }
}
