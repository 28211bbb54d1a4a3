using SignalBroker.Nodes;

namespace SignalBroker.Storm.Planning;

/// <summary>What is simulated.</summary>
/// <param name="Sessions">All sessions at the busiest moment.</param>
/// <param name="Nodes">How many nodes.</param>
/// <param name="Capacity">How many sessions each of them should hold.</param>
/// <param name="Webapps">How many webapps choose nodes, each by its own counts.</param>
/// <param name="SessionMinutes">How long a session lasts in the mean, when nothing breaks.</param>
/// <param name="Seed">Equal ones make equal days.</param>
public sealed record FleetOptions(
    int Sessions,
    int Nodes,
    int Capacity,
    int Webapps,
    double SessionMinutes,
    int Seed = 1
)
{
    /// <summary>How many sessions a second move away from a node, as webapps do by default.</summary>
    public int MovesPerSecond { get; init; } = 50;

    /// <summary>How often a webapp counts the sessions of the nodes, in seconds; with a million sessions a count takes its time.</summary>
    public int CountEvery => Sessions > 200_000 ? 30 : 2;
}

/// <summary>A fleet of nodes whose sessions come, go, are lost and move, second by second.</summary>
/// <remarks>
/// The webapps choose by their own code. Each knows only what it has counted lately and what it has placed itself since, as in
/// production.
/// </remarks>
public sealed class SimulatedFleet
{
    // A client that has lost its node comes back within so many seconds, by its back-off's jitter.
    private const int ReturnWithin = 5;

    // One that was told that there is no room comes back after so many seconds, the longer the more often it has been told.
    private const int RetryAfter = 5;
    private const int RetryAfterAtMost = 30;

    private readonly FleetOptions options;
    private readonly Random random;
    private readonly SimulatedNode[] nodes;
    private readonly View[][] views;

    // How many come back in each of the next seconds.
    private readonly int[] returning = new int[RetryAfterAtMost + 1];
    private int seconds;

    public SimulatedFleet(FleetOptions options)
    {
        this.options = options;
        random = new(options.Seed);
        nodes = [.. Enumerable.Range(1, options.Nodes).Select(number => new SimulatedNode($"node{number}"))];
        views =
        [
            .. Enumerable
                .Range(0, options.Webapps)
                .Select(_ => nodes.Select(node => new View(node, options.Capacity)).ToArray()),
        ];
    }

    /// <summary>The nodes' real sessions.</summary>
    public IReadOnlyList<SimulatedNode> Nodes => nodes;

    /// <summary>All sessions that listen.</summary>
    public int Sessions => nodes.Sum(node => node.Sessions);

    /// <summary>How many connects found no node with room; their clients try again later.</summary>
    public long Refused { get; private set; }

    /// <summary>How many sessions the busiest second has opened.</summary>
    public int MostOpened { get; private set; }

    /// <summary>How many sessions have moved from one node to another.</summary>
    public long Moved { get; private set; }

    /// <summary>Lets one second pass, after which about so many sessions listen.</summary>
    public void Step(double wanted)
    {
        Count();
        var before = Sessions;
        var leaves = 1 / (options.SessionMinutes * 60);
        foreach (var node in nodes)
        {
            node.Sessions -= Math.Min(node.Sessions, AboutHowMany(node.Sessions * leaves));
        }

        // Those who are about to come back are users all the same.
        var arriving = AboutHowMany(Math.Max(0, (before * leaves) + wanted - before - returning.Sum()));
        var opened = arriving + returning[seconds % returning.Length];
        returning[seconds % returning.Length] = 0;
        MostOpened = Math.Max(MostOpened, opened);
        for (var session = 0; session < opened; session++)
        {
            if (Open() is { } node)
            {
                node.Sessions++;
            }
            else
            {
                Refused++;
                Return(1, random.Next(RetryAfter, RetryAfterAtMost));
            }
        }

        foreach (var node in nodes)
        {
            Move(node);
        }

        seconds++;
    }

    /// <summary>Takes a node away at once: all its clients connect again.</summary>
    public void Lose(SimulatedNode node)
    {
        node.Serves = false;
        for (var second = 1; second <= ReturnWithin; second++)
        {
            var left = ReturnWithin - second + 1;
            var now = node.Sessions / left;
            node.Sessions -= now;
            Return(now, second);
        }
    }

    /// <summary>Tells nodes that hold more than their share to move so many sessions away.</summary>
    public void Rebalance()
    {
        var serving = nodes.Count(node => node is { Serves: true, Drains: false });
        var share = (int)Math.Ceiling((double)Sessions / serving);
        foreach (var node in nodes)
        {
            node.Surplus = Math.Max(0, node.Sessions - share);
        }
    }

    private void Count()
    {
        for (var webapp = 0; webapp < views.Length; webapp++)
        {
            // They do not all count at the same moment.
            if ((seconds + (webapp * options.CountEvery / views.Length)) % options.CountEvery == 0)
            {
                foreach (var view in views[webapp])
                {
                    view.Sessions = view.Node.Sessions;
                }
            }
        }
    }

    private SimulatedNode? Open(SimulatedNode? except = null)
    {
        var chosen = NodeChoice.Among(
            views[random.Next(views.Length)].Where(view => view.IsReady),
            except is null ? Placement.Anywhere : new Placement(Except: except.Name, Moves: true),
            random
        );
        if (chosen is null)
        {
            return null;
        }

        chosen.Sessions++;
        return chosen.Node;
    }

    private void Move(SimulatedNode node)
    {
        var most = Math.Min(PerSecond(), node.Drains ? node.Sessions : Math.Min(node.Surplus, node.Sessions));
        for (var session = 0; session < most; session++)
        {
            if (Open(node) is not { } other || other == node)
            {
                return;
            }

            node.Sessions--;
            other.Sessions++;
            node.Surplus = Math.Max(0, node.Surplus - 1);
            Moved++;
        }

        // All that have a surplus share the pace, because they may all move to one node.
        int PerSecond()
        {
            var pace = node.Drains
                ? options.MovesPerSecond
                : options.MovesPerSecond / (double)Math.Max(1, nodes.Count(other => other.Surplus > 0));
            return (int)pace + (random.NextDouble() < pace % 1 ? 1 : 0);
        }
    }

    private void Return(int sessions, int after) => returning[(seconds + after) % returning.Length] += sessions;

    // A Poisson distribution; of large numbers a normal one is as good.
    private int AboutHowMany(double mean)
    {
        if (mean > 50)
        {
            var normal =
                Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            return Math.Max(0, (int)Math.Round(mean + (Math.Sqrt(mean) * normal)));
        }

        var count = 0;
        for (var product = random.NextDouble(); product > Math.Exp(-mean); product *= random.NextDouble())
        {
            count++;
        }

        return count;
    }

    // What a webapp knows of a node.
    private sealed class View(SimulatedNode node, int capacity) : INodeLoad
    {
        public SimulatedNode Node { get; } = node;

        public string Name => Node.Name;

        public int Sessions { get; set; }

        public int Capacity { get; } = capacity;

        public string? Region => null;

        public IReadOnlyList<string> Labels => [];

        public bool IsReady => Node is { Serves: true, Drains: false } && Sessions < Capacity;
    }
}

/// <summary>One node of a simulated fleet.</summary>
public sealed class SimulatedNode(string name)
{
    public string Name { get; } = name;

    /// <summary>How many sessions it holds.</summary>
    public int Sessions { get; set; }

    /// <summary>Whether it is there.</summary>
    public bool Serves { get; set; } = true;

    /// <summary>Whether its sessions move away.</summary>
    public bool Drains { get; set; }

    /// <summary>How many sessions are to move away because it holds more than its share.</summary>
    public int Surplus { get; set; }
}
