namespace SignalBroker.Storm.Planning;

/// <summary>How many servers a demand needs, and what decides it.</summary>
public sealed record Plan(ServerCount Nodes, ServerCount Webapps, DatabaseSize Postgres)
{
    private const double MicrosecondsPerSecond = 1e6;
    private const double KiBPerMiB = 1024;

    /// <summary>Computes it from measured costs; all costs and all numbers of the demand must be in range.</summary>
    public static Plan Of(Demand demand, Servers servers, UnitCosts costs)
    {
        var node = new CpuCost(costs.BrokerCpuMicrosecondsPerSignal, costs.BrokerCpuMicrosecondsPerConnect);
        var webapp = new CpuCost(costs.WebappCpuMicrosecondsPerSignal, costs.WebappCpuMicrosecondsPerConnect);
        var postgres = new CpuCost(costs.PostgresCpuMicrosecondsPerSignal, costs.PostgresCpuMicrosecondsPerConnect);
        var memoryForListeners = servers.NodeUsableKiB - (costs.NodeMiBEmpty * KiBPerMiB);
        return new(
            ServerCount.Of(
                demand.Spare,
                [
                    new(Bounds.Memory, demand.Sessions * costs.NodeKiBPerListener / memoryForListeners),
                    new(Bounds.Sockets, demand.Sessions / servers.NodeSockets),
                    new(
                        Bounds.Processes,
                        demand.Sessions
                            * costs.NodeErlangProcessesPerListener
                            / (servers.NodeProcesses * Servers.ListenersShareOfProcesses)
                    ),
                    .. CpuBounds(demand, node, servers.NodeCores),
                ]
            ),
            ServerCount.Of(demand.Spare, [.. CpuBounds(demand, webapp, servers.WebappCores)]),
            new(
                CpuBounds(demand, postgres, 1).Max(bound => bound.Servers),
                demand.Sessions,
                demand.Sessions * costs.PostgresBytesPerSession * servers.TableBloat
            )
        );
    }

    private static IEnumerable<Bound> CpuBounds(Demand demand, CpuCost cost, double cores)
    {
        // The broker and the webapp handle each session that a signal reaches by itself; counting the database's
        // look-ups in the same way errs on the safe side.
        var signals = demand.DeliveriesPerSecond * cost.MicrosecondsPerSignal;
        var ordinary = signals + (demand.ConnectsPerSecond * cost.MicrosecondsPerConnect);
        var reconnecting = signals + (demand.ReconnectsPerSecond * cost.MicrosecondsPerConnect);
        yield return new(Bounds.Ordinary, ordinary / MicrosecondsPerSecond / (cores * (1 - demand.Headroom)));
        yield return new(Bounds.Reconnecting, reconnecting / MicrosecondsPerSecond / cores);
    }

    private sealed record CpuCost(double MicrosecondsPerSignal, double MicrosecondsPerConnect);
}

/// <summary>How many servers of one kind.</summary>
/// <param name="Total">All of them, including the spare ones.</param>
/// <param name="Spare">How many of them may be missing.</param>
/// <param name="Bounds">How many each limit needs.</param>
public sealed record ServerCount(double Total, double Spare, IReadOnlyList<Bound> Bounds)
{
    private const double RoundingError = 1e-9;

    /// <summary>The limit that needs the most servers.</summary>
    public Bound Deciding => Bounds.MaxBy(bound => bound.Servers)!;

    /// <summary>As many as the strictest limit needs, at least one, plus the spare ones.</summary>
    public static ServerCount Of(double spare, IReadOnlyList<Bound> bounds) =>
        new(Math.Max(1, Math.Ceiling(bounds.Max(bound => bound.Servers) - RoundingError)) + spare, spare, bounds);
}

/// <summary>A limit, and how many servers keep within it.</summary>
public sealed record Bound(string Name, double Servers);

/// <summary>How big the database is.</summary>
/// <param name="Bytes">What the sessions' table and indexes take; they should fit into memory.</param>
public sealed record DatabaseSize(double Cores, double Rows, double Bytes);

/// <summary>The names of the limits.</summary>
public static class Bounds
{
    public const string Memory = "memory";
    public const string Sockets = "sockets";
    public const string Processes = "Erlang processes";
    public const string Ordinary = "CPU, ordinary load";
    public const string Reconnecting = "CPU, all reconnecting";
}
