using System.Text.Json.Serialization;

namespace SignalBroker.Bench.Report;

/// <summary>Everything that has been measured; each section may be of another day.</summary>
public sealed record BenchmarkReport
{
    /// <summary>Signals: throughput, latency and CPU time.</summary>
    public SignalsSection? Exchange { get; init; }

    /// <summary>Connects and the memory of listeners.</summary>
    public ConnectsSection? Connects { get; init; }

    /// <summary>Calls set up.</summary>
    public CallsSection? Calls { get; init; }

    /// <summary>What is lost when a server is killed.</summary>
    public KillSection? Kill { get; init; }

    /// <summary>What a signal costs when there are more servers.</summary>
    public GrowthSection? Growth { get; init; }

    /// <summary>All sockets cut at once.</summary>
    public StormSection? Storm { get; init; }

    /// <summary>A table of many sessions.</summary>
    public SessionsSection? Sessions { get; init; }

    /// <summary>The original project's 50,000 messages.</summary>
    public HeadlineSection? Headline { get; init; }

    /// <summary>Where and when the newest section was measured; null when there is none.</summary>
    [JsonIgnore]
    public Origin? Newest =>
        new Section?[] { Exchange, Connects, Calls, Kill, Growth, Storm, Sessions, Headline }
            .Select(section => section?.Origin)
            .MaxBy(origin => origin?.Date);
}

/// <summary>What is measured together.</summary>
public abstract record Section([property: JsonPropertyOrder(-1)] Origin Origin);

/// <summary>Where and when a section was measured.</summary>
/// <param name="Date">The moment of its end.</param>
/// <param name="Machine">The processor, its cores, the memory and the system, in words.</param>
/// <param name="Versions">The version of each program, by its name.</param>
public sealed record Origin(DateTimeOffset Date, string Machine, IReadOnlyDictionary<string, string> Versions)
{
    /// <summary>Whether another section is of the same day, machine and versions.</summary>
    public bool IsLike(Origin other) => Describe() == other.Describe();

    /// <summary>All of it in one sentence.</summary>
    public string Describe() =>
        $"Measured on {Date:yyyy-MM-dd} on {Machine}, with "
        + string.Join(", ", Versions.Select(program => $"{program.Key} {program.Value}"))
        + ".";
}

/// <summary>Signals of all systems, measured in turns.</summary>
public sealed record SignalsSection(Origin Origin, int Listeners, int Rate, IReadOnlyList<SignalsRow> Rows)
    : Section(Origin)
{
    /// <summary>How many signals one request brought, where a system takes several.</summary>
    public int PerRequest { get; init; }
}

/// <summary>Signals of one system.</summary>
/// <param name="Senders">How many clients sent at once.</param>
/// <param name="Answers">Whether the system answered them.</param>
/// <param name="Saturated">As many as it took, for each size.</param>
/// <param name="P50">The median latency at a fixed rate, in µs.</param>
/// <param name="P99">The 99th percentile of it, in µs.</param>
/// <param name="AllocatedBytes">What the webapp allocated for each signal, for each size, in bytes; empty for others.</param>
public sealed record SignalsRow(
    string System,
    int Senders,
    bool Answers,
    IReadOnlyList<SaturatedSignals> Saturated,
    Spread P50,
    Spread P99,
    IReadOnlyDictionary<int, Spread> AllocatedBytes
)
{
    /// <summary>As many as it took with several in each request; null where a system takes one at a time.</summary>
    public SaturatedSignals? Several { get; init; }
}

/// <summary>As many signals as a system took.</summary>
/// <param name="PerSecond">How many arrived per second.</param>
/// <param name="CpuMicroseconds">The CPU time of one, by role.</param>
/// <param name="Failed">Signals that were refused, in all runs.</param>
/// <param name="Lost">Signals that were accepted and did not arrive, in all runs.</param>
public sealed record SaturatedSignals(
    int Size,
    Spread PerSecond,
    IReadOnlyDictionary<string, Spread> CpuMicroseconds,
    int Failed,
    int Lost
);

/// <summary>Connects of all systems, measured in turns.</summary>
public sealed record ConnectsSection(Origin Origin, int Listeners, int Connects, IReadOnlyList<ConnectsRow> Rows)
    : Section(Origin);

/// <summary>Connects of one system.</summary>
/// <param name="PerSecond">How many clients began to listen per second.</param>
/// <param name="CpuMicroseconds">The CPU time of one, by role.</param>
/// <param name="KiBPerListener">What a listener adds to the resident memory of the processes that hold them.</param>
/// <param name="EmptyMiB">Their resident memory without listeners.</param>
public sealed record ConnectsRow(
    string System,
    Spread PerSecond,
    IReadOnlyDictionary<string, Spread> CpuMicroseconds,
    double KiBPerListener,
    double EmptyMiB
)
{
    /// <summary>What a listener adds to the memory that its node's Erlang machine uses, in KiB; null for other systems.</summary>
    public double? ErlangKiBPerListener { get; init; }

    /// <summary>The Erlang processes that a listener adds to its node; null for other systems.</summary>
    public double? ErlangProcessesPerListener { get; init; }

    /// <summary>What a session adds to the database, in bytes; null for other systems.</summary>
    public double? DatabaseBytesPerSession { get; init; }
}

/// <summary>Calls of all systems, measured in turns.</summary>
public sealed record CallsSection(Origin Origin, int AtOnce, IReadOnlyList<CallsRow> Rows) : Section(Origin);

/// <summary>Calls set up through one system.</summary>
/// <param name="Signals">How many signals one call takes, as a real one did.</param>
/// <param name="Requests">How many requests or messages bring them.</param>
/// <param name="Bytes">The sum of their contents.</param>
/// <param name="PerSecond">How many calls were set up per second.</param>
/// <param name="CpuMicroseconds">The CPU time of one, by role.</param>
public sealed record CallsRow(
    string System,
    int Signals,
    int Requests,
    int Bytes,
    Spread PerSecond,
    IReadOnlyDictionary<string, Spread> CpuMicroseconds
);

/// <summary>What is lost when a server is killed and started again.</summary>
public sealed record KillSection(Origin Origin, int Listeners, int Rate, double Seconds, IReadOnlyList<KillRow> Rows)
    : Section(Origin);

/// <summary>One killed server.</summary>
/// <param name="Killed">Which of its servers.</param>
/// <param name="SocketsDropped">Listeners' sockets that broke.</param>
/// <param name="SecondsToListen">Until all listeners listened again; 0 when none was dropped, null when not all were back.</param>
/// <param name="Sent">Signals that were due.</param>
/// <param name="Failed">Those whose sender got an error or no answer.</param>
/// <param name="Lost">Those that were accepted and never arrived.</param>
/// <param name="Missing">Those that did not arrive, for whatever reason.</param>
public sealed record KillRow(
    string System,
    string Killed,
    int SocketsDropped,
    double? SecondsToListen,
    int Sent,
    int Failed,
    int Lost,
    int Missing
);

/// <summary>What a signal costs when there are more servers.</summary>
public sealed record GrowthSection(Origin Origin, int Rate, IReadOnlyList<GrowthRow> Rows) : Section(Origin);

/// <summary>One system with so many servers.</summary>
/// <param name="Servers">How many, and of which kind.</param>
/// <param name="CpuMicroseconds">The CPU time of a signal at the fixed rate, by role.</param>
/// <param name="ServersCpuMicroseconds">All of it but the generator's.</param>
/// <param name="SaturatedPerSecond">As many as they took, all on this machine.</param>
public sealed record GrowthRow(
    string System,
    string Servers,
    IReadOnlyDictionary<string, Spread> CpuMicroseconds,
    Spread ServersCpuMicroseconds,
    Spread SaturatedPerSecond
);

/// <summary>All sockets cut at once.</summary>
public sealed record StormSection(Origin Origin, int Listeners, int AtOnce, IReadOnlyList<StormRow> Rows)
    : Section(Origin);

/// <summary>One system's listeners, cut and back again.</summary>
/// <param name="ConnectSeconds">Until all listened the first time.</param>
/// <param name="ReconnectSeconds">Until all listened again.</param>
public sealed record StormRow(string System, double ConnectSeconds, double ReconnectSeconds, int Failed);

/// <summary>A table of many sessions beside one of few.</summary>
public sealed record SessionsSection(Origin Origin, IReadOnlyList<SessionsRow> Rows) : Section(Origin);

/// <summary>What was measured beside so many sessions of others.</summary>
public sealed record SessionsRow(
    int Sessions,
    Spread ConnectsPerSecond,
    Spread SignalsPerSecond,
    Spread P50,
    Spread P99
);

/// <summary>The original project's 50,000 messages.</summary>
public sealed record HeadlineSection(Origin Origin, int Signals, IReadOnlyList<HeadlineRow> Rows) : Section(Origin);

/// <summary>The original project's messages through one system.</summary>
/// <param name="Seconds">Until the last one had arrived.</param>
/// <param name="Errors">Signals that were refused or did not arrive, in all runs.</param>
public sealed record HeadlineRow(string System, Spread Seconds, int Errors);
