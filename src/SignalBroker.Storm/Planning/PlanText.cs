using System.Globalization;
using SignalBroker.Storm.Reports;
using SignalBroker.Storm.Wording;

namespace SignalBroker.Storm.Planning;

/// <summary>A plan in words, with everything that it assumes; no line is wider than 80 columns.</summary>
public static class PlanText
{
    private const int Width = 80;

    public static string Write(Demand demand, Servers servers, UnitCosts costs, Plan plan) =>
        string.Join(
            '\n',
            [
                $"{Number(demand.Users)} users, each with {Number(demand.SessionsPerUser)} {Sessions(demand.SessionsPerUser)}, send {Number(demand.SignalsPerUserMinute)} signals a minute each:",
                $"  {Number(demand.SignalsPerSecond)} signals/s, delivered to {Number(demand.DeliveriesPerSecond)} sessions/s",
                $"  {Number(demand.Sessions)} sessions, {Number(demand.ConnectsPerSecond)} connects/s",
                $"  {Number(demand.ReconnectsPerSecond)} connects/s while all reconnect",
                "",
                .. Count("Nodes", $"{Cores(servers.NodeCores)}, {Number(servers.NodeGiB)} GiB", plan.Nodes),
                "",
                .. Count("Webapps", Cores(servers.WebappCores), plan.Webapps),
                "",
                $"PostgreSQL: one server with {Cores(Math.Max(1, Math.Ceiling(plan.Postgres.Cores - 1e-9)))}",
                $"  {"CPU", -22}{Number(plan.Postgres.Cores), 8} cores",
                $"  {"sessions", -22}{Number(plan.Postgres.Rows), 8} rows",
                $"  {"table and indexes", -22}{Quantity.Size(plan.Postgres.Bytes / 1024), 8}, to be kept in memory",
                "",
                "Assumed:",
                .. Assumptions(demand, servers).SelectMany(assumption => Wrap(assumption, "  -", "   ")),
                "",
                $"Measured {costs.MeasuredOn.Date:yyyy-MM-dd} by {costs.MeasuredOn.Protocol}, with signals of {Number(costs.SignalBytes)} bytes:",
                .. Wrap(costs.MeasuredOn.Machine, " ", " "),
                .. Wrap(
                    string.Join(", ", costs.MeasuredOn.Versions.Select(part => $"{part.Key} {part.Value}")),
                    " ",
                    " "
                ),
                $"  {"", -22}{"node", 10}{"webapp", 10}{"PostgreSQL", 12}",
                Costs(
                    "CPU per signal",
                    costs.BrokerCpuMicrosecondsPerSignal,
                    costs.WebappCpuMicrosecondsPerSignal,
                    costs.PostgresCpuMicrosecondsPerSignal
                ),
                Costs(
                    "CPU per connect",
                    costs.BrokerCpuMicrosecondsPerConnect,
                    costs.WebappCpuMicrosecondsPerConnect,
                    costs.PostgresCpuMicrosecondsPerConnect
                ),
                $"  a listener: {Quantity.Size(costs.NodeKiBPerListener)} and {Number(costs.NodeErlangProcessesPerListener)} Erlang processes of its node,",
                $"  {Number(costs.PostgresBytesPerSession)} bytes of PostgreSQL; a node without listeners: {Number(costs.NodeMiBEmpty)} MiB",
                "",
            ]
        );

    private static IEnumerable<string> Count(string name, string size, ServerCount count) =>
        [
            $"{name} ({size} each): {Number(count.Total)}",
            .. count.Bounds.Select(bound =>
                $"  {bound.Name, -22}{Number(bound.Servers), 8}{(bound == count.Deciding ? "  <- decides" : "")}"
            ),
            $"  {"spare", -22}{Number(count.Spare), 8}",
        ];

    private static IEnumerable<string> Assumptions(Demand demand, Servers servers) =>
        [
            "Cores are as fast as those that were measured, and costs grow with the load.",
            $"Ordinary load leaves {Percent(demand.Headroom)} of every core free (--headroom).",
            $"A session lasts {Number(demand.SessionMinutes)} minutes (--session-minutes).",
            $"After all were cut, all listen again within {Number(demand.ReconnectMinutes)} minutes (--reconnect-minutes); meanwhile signals go on, and every core may be busy.",
            "A signal reaches all sessions of its addressee, and each costs a full signal.",
            $"{Number(demand.Spare)} of the nodes and {Number(demand.Spare)} of the webapps may be missing (--spare).",
            $"RabbitMQ may use {Percent(servers.NodeMemoryShare)} of its node's memory (--node-memory-share): it stops publishers at its high watermark, 40% by default.",
            $"A node may open {Number(servers.NodeFiles)} files (--node-files); RabbitMQ takes at most {Number(servers.NodeSockets)} sockets then.",
            $"A node may have {Number(servers.NodeProcesses)} Erlang processes (--node-processes), {Percent(Servers.ListenersShareOfProcesses)} of them for listeners.",
            $"The sessions' table and indexes take {Number(servers.TableBloat)} times the room of their rows, between two vacuums (--table-bloat).",
        ];

    private static string Costs(string name, double node, double webapp, double postgres) =>
        $"  {name, -22}{Quantity.Duration(node), 10}{Quantity.Duration(webapp), 10}{Quantity.Duration(postgres), 12}";

    private static string Sessions(double count) => count == 1 ? "session" : "sessions";

    private static string Cores(double count) => count == 1 ? "1 core" : $"{Number(count)} cores";

    private static string Percent(double share) => Quantity.Share(share);

    /// <summary>Whole numbers above 100, or else two digits behind the point.</summary>
    private static string Number(double number) =>
        number.ToString(number >= 100 ? "#,0" : "0.##", CultureInfo.InvariantCulture);

    /// <summary>Breaks at blanks before column 80.</summary>
    private static IEnumerable<string> Wrap(string text, string first, string further)
    {
        var line = first;
        foreach (var word in Words.Printable(text).Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length + 1 + word.Length > Width)
            {
                yield return line;
                line = further;
            }

            line = $"{line} {word}";
        }

        yield return line;
    }
}
