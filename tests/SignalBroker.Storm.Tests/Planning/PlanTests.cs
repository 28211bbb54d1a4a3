using SignalBroker.Storm.Planning;

namespace SignalBroker.Storm.Tests.Planning;

/// <summary>The arithmetic of a plan, against cases reckoned by hand.</summary>
public sealed class PlanTests
{
    private static readonly Demand Million = new() { Users = 1_000_000, SignalsPerUserMinute = 6 };

    [Fact]
    public void A_million_users_need_as_many_nodes_as_their_memory_asks_for()
    {
        var nodes = Plan.Of(Million, new(), SampleCosts.Round).Nodes;

        // 16 GiB * 0.3 = 5,033,164.8 KiB, of which 204,800 are the node's own; 100 KiB a listener.
        Limit(nodes, Bounds.Memory).ShouldBe(100_000_000 / 4_828_364.8, 1e-6);
        // (65,536 - 100) * 0.9 = 58,892 sockets.
        Limit(nodes, Bounds.Sockets).ShouldBe(1_000_000 / 58_892.0, 1e-6);
        // 1,048,576 * 0.9 = 943,718.4 processes; 19 a listener.
        Limit(nodes, Bounds.Processes).ShouldBe(19_000_000 / 943_718.4, 1e-6);
        // 100,000/s * 100 µs + 277.8/s * 3,000 µs = 10.83 cores, of half of 4.
        Limit(nodes, Bounds.Ordinary).ShouldBe(65 / 12.0, 1e-6);
        // 100,000/s * 100 µs + 1,666.7/s * 3,000 µs = 15 cores, of all 4.
        Limit(nodes, Bounds.Reconnecting).ShouldBe(3.75, 1e-6);
        nodes.Deciding.Name.ShouldBe(Bounds.Memory);
        nodes.Total.ShouldBe(22);
    }

    [Fact]
    public void A_million_users_need_as_many_webapps_as_their_signals_ask_for()
    {
        var webapps = Plan.Of(Million, new(), SampleCosts.Round).Webapps;

        // 100,000/s * 50 µs + 277.8/s * 2,000 µs = 5.56 cores, of half of 2.
        Limit(webapps, Bounds.Ordinary).ShouldBe(50 / 9.0, 1e-6);
        // 5 cores + 1,666.7/s * 2,000 µs = 8.33 cores, of both.
        Limit(webapps, Bounds.Reconnecting).ShouldBe(25 / 6.0, 1e-6);
        webapps.Total.ShouldBe(7);
    }

    [Fact]
    public void The_database_holds_a_row_for_each_session()
    {
        var postgres = Plan.Of(Million, new(), SampleCosts.Round).Postgres;

        // 100,000/s * 1 µs + 1,666.7/s * 500 µs
        postgres.Cores.ShouldBe(0.1 + (5 / 6.0), 1e-6);
        postgres.Rows.ShouldBe(1_000_000);
        postgres.Bytes.ShouldBe(1_000_000 * 400 * 2);
    }

    [Fact]
    public void Two_sessions_each_double_deliveries_and_connects()
    {
        var demand = Million with { SessionsPerUser = 2 };

        demand.Sessions.ShouldBe(2_000_000);
        demand.SignalsPerSecond.ShouldBe(100_000);
        demand.DeliveriesPerSecond.ShouldBe(200_000);
        var nodes = Plan.Of(demand, new(), SampleCosts.Round).Nodes;
        Limit(nodes, Bounds.Ordinary).ShouldBe(65 / 6.0, 1e-6);
    }

    [Fact]
    public void A_fast_reconnect_decides_by_its_CPU()
    {
        var demand = Million with { ReconnectMinutes = 0.5 };

        var plan = Plan.Of(demand, new(), SampleCosts.Round);

        // 10 cores + 33,333.3/s * 3,000 µs = 110 cores of 4 each; the webapps: 5 + 66.7 of 2 each.
        plan.Nodes.Deciding.ShouldBe(new Bound(Bounds.Reconnecting, 27.5));
        plan.Nodes.Total.ShouldBe(29);
        plan.Webapps.Total.ShouldBe(37);
    }

    [Fact]
    public void More_headroom_needs_more_servers_for_ordinary_load_only()
    {
        var half = Plan.Of(Million, new(), SampleCosts.Round).Webapps;
        var more = Plan.Of(Million with { Headroom = 0.75 }, new(), SampleCosts.Round).Webapps;

        Limit(more, Bounds.Ordinary).ShouldBe(2 * Limit(half, Bounds.Ordinary), 1e-6);
        Limit(more, Bounds.Reconnecting).ShouldBe(Limit(half, Bounds.Reconnecting), 1e-6);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 2)]
    [InlineData(3, 4)]
    public void One_user_needs_one_server_and_the_spare_ones(int spare, int total)
    {
        var demand = new Demand
        {
            Users = 1,
            SignalsPerUserMinute = 0,
            Spare = spare,
        };

        var plan = Plan.Of(demand, new(), SampleCosts.Round);

        plan.Nodes.Total.ShouldBe(total);
        plan.Webapps.Total.ShouldBe(total);
    }

    [Theory]
    [InlineData(58_892, 1)]
    [InlineData(58_893, 2)]
    public void The_first_session_too_many_asks_for_another_node(int users, int nodes)
    {
        var demand = new Demand
        {
            Users = users,
            SignalsPerUserMinute = 0,
            ReconnectMinutes = 1e6,
            SessionMinutes = 1e6,
            Spare = 0,
        };
        var servers = new Servers { NodeGiB = 1024, NodeProcesses = 1_000_000_000 };

        var plan = Plan.Of(demand, servers, SampleCosts.Round);

        plan.Nodes.Deciding.Name.ShouldBe(Bounds.Sockets);
        plan.Nodes.Total.ShouldBe(nodes);
    }

    private static double Limit(ServerCount count, string name) =>
        count.Bounds.Single(bound => bound.Name == name).Servers;
}
