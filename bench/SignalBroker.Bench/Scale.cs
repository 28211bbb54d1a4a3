namespace SignalBroker.Bench;

/// <summary>How much is measured, and for how long.</summary>
public sealed record Scale
{
    /// <summary>What the report is made of.</summary>
    public static Scale Full { get; } = new();

    /// <summary>Shows only that everything runs.</summary>
    public static Scale Quick { get; } =
        new()
        {
            Runs = 1,
            Duration = TimeSpan.FromSeconds(2),
            WarmUp = TimeSpan.FromSeconds(1),
            Sizes = [1500],
            Listeners = 100,
            CallsAtOnce = 20,
            ManyListeners = 200,
            Connects = 100,
            GrowthDuration = TimeSpan.FromSeconds(2),
            KillDuration = TimeSpan.FromSeconds(8),
            KillListeners = 100,
            GrowthRate = 300,
            StormListeners = 500,
            ManySessions = 50_000,
            HeadlineSignals = 2_000,
        };

    /// <summary>How often each figure is measured; the median counts.</summary>
    public int Runs { get; init; } = 3;

    /// <summary>How long each run of a load lasts.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>How long each system runs before it is measured: every program is compiled on the way.</summary>
    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(12);

    /// <summary>The sizes of a signal's content, in characters.</summary>
    public IReadOnlyList<int> Sizes { get; init; } = [1500, 200];

    /// <summary>Listeners while signals are measured.</summary>
    public int Listeners { get; init; } = 1000;

    /// <summary>Signals in one request, where a system takes several.</summary>
    public int PerRequest { get; init; } = 8;

    /// <summary>Calls that are set up at the same time.</summary>
    public int CallsAtOnce { get; init; } = 100;

    /// <summary>The rate at which latency is measured, per second.</summary>
    public int Rate { get; init; } = 500;

    /// <summary>Listeners that are opened to see what memory they take.</summary>
    public int ManyListeners { get; init; } = 5000;

    /// <summary>Listeners that are opened in each run of connects.</summary>
    public int Connects { get; init; } = 1000;

    /// <summary>So many of them at a time.</summary>
    public int ConnectsAtOnce { get; init; } = 32;

    /// <summary>Signals per second while a server is killed.</summary>
    public int KillRate { get; init; } = 200;

    /// <summary>How long they are sent; the server is killed after a quarter of it.</summary>
    public TimeSpan KillDuration { get; init; } = TimeSpan.FromSeconds(12);

    /// <summary>Listeners while a server is killed.</summary>
    public int KillListeners { get; init; } = 500;

    /// <summary>Signals per second while the cost of more servers is measured.</summary>
    public int GrowthRate { get; init; } = 1000;

    /// <summary>How long each of its runs lasts.</summary>
    public TimeSpan GrowthDuration { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How many servers, one after the other.</summary>
    public IReadOnlyList<int> GrowthSteps { get; init; } = [1, 2, 4];

    /// <summary>Listeners that lose their sockets all at once.</summary>
    public int StormListeners { get; init; } = 15_000;

    /// <summary>So many of them connect again at a time.</summary>
    public int StormAtOnce { get; init; } = 256;

    /// <summary>Sessions in the small table.</summary>
    public int FewSessions { get; init; } = 10_000;

    /// <summary>Sessions in the big table.</summary>
    public int ManySessions { get; init; } = 1_000_000;

    /// <summary>Signals of the original project's headline.</summary>
    public int HeadlineSignals { get; init; } = 50_000;
}
