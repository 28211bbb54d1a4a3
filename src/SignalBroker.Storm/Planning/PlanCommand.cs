using System.CommandLine;
using System.Text.Json;
using SignalBroker.Storm.CommandLine;

namespace SignalBroker.Storm.Planning;

/// <summary>The command that says how many servers so many users need.</summary>
public static class PlanCommand
{
    private const double Least = 1e-6;
    private const string Mqtt = "mqtt";
    private const string Stomp = "stomp";

    /// <summary>Makes the command <c>plan</c>.</summary>
    public static Command Create()
    {
        var demand = new Demand { Users = 0, SignalsPerUserMinute = 0 };
        var servers = new Servers();
        var command = new Command("plan", "Says how many servers so many users need, from measured costs.");
        var users = Number("--users", "users who listen at the same time", null, 1);
        var signals = Number("--signals-per-user-minute", "signals that each user sends in a minute", null, 0);
        var sessions = Number("--sessions-per-user", "sessions of a user", demand.SessionsPerUser, 1);
        var minutes = Number("--session-minutes", "how long a session lasts", demand.SessionMinutes, Least);
        var reconnect = Number(
            "--reconnect-minutes",
            "within how long all listen again after all were cut",
            demand.ReconnectMinutes,
            Least
        );
        var headroom = Number("--headroom", "part of every core that stays free", demand.Headroom, 0, 0.95);
        var spare = Whole("--spare", "nodes, and webapps, that may be missing", demand.Spare, 0);
        var nodeCores = Number("--node-cores", "cores of a node", servers.NodeCores, Least);
        var nodeMemory = Number("--node-memory", "memory of a node in GiB", servers.NodeGiB, Least);
        var nodeShare = Number(
            "--node-memory-share",
            "part of it that RabbitMQ may use",
            servers.NodeMemoryShare,
            Least,
            1
        );
        var files = Whole("--node-files", "files that a node may open", servers.NodeFiles, 1_000);
        var processes = Whole(
            "--node-processes",
            "Erlang processes that a node may have",
            servers.NodeProcesses,
            1_000
        );
        var webappCores = Number("--webapp-cores", "cores of a webapp", servers.WebappCores, Least);
        var bloat = Number(
            "--table-bloat",
            "size of the sessions' table in multiples of its rows",
            servers.TableBloat,
            1
        );
        var protocol = command.AddOption(
            new Option<string>("--protocol")
            {
                Description = "what the users listen by",
                DefaultValueFactory = _ => Mqtt,
            }.AcceptOnlyFromAmong(Mqtt, Stomp)
        );
        var costs = command.AddOption(
            new Option<FileInfo?>("--costs")
            {
                Description = "what was measured, as make bench writes it, instead of what this program was built with",
                HelpName = "file",
            }
        );
        var simulate = command.AddOption<bool>(
            "--simulate",
            "let a day pass on such nodes, and show how full they are"
        );
        var nodes = command.AddNumber<int>(
            "--nodes",
            "how many nodes to simulate; as many as planned by default",
            0,
            0,
            1_000
        );
        command.SetAction(
            (arguments, _) =>
                WriteAsync(
                    new()
                    {
                        Users = arguments.GetValue(users),
                        SignalsPerUserMinute = arguments.GetValue(signals),
                        SessionsPerUser = arguments.GetValue(sessions),
                        SessionMinutes = arguments.GetValue(minutes),
                        ReconnectMinutes = arguments.GetValue(reconnect),
                        Headroom = arguments.GetValue(headroom),
                        Spare = arguments.GetValue(spare),
                    },
                    new()
                    {
                        NodeCores = arguments.GetValue(nodeCores),
                        NodeGiB = arguments.GetValue(nodeMemory),
                        NodeMemoryShare = arguments.GetValue(nodeShare),
                        NodeFiles = arguments.GetValue(files),
                        NodeProcesses = arguments.GetValue(processes),
                        WebappCores = arguments.GetValue(webappCores),
                        TableBloat = arguments.GetValue(bloat),
                    },
                    arguments.GetValue(protocol)!,
                    arguments.GetValue(costs),
                    arguments.GetValue(simulate) ? arguments.GetValue(nodes) : null,
                    arguments.InvocationConfiguration
                )
        );
        return command;

        Option<double> Number(string name, string description, double? usual, double min, double? max = null) =>
            command.AddNumber(name, description, usual, min, max);

        Option<long> Whole(string name, string description, long usual, long min) =>
            command.AddNumber<long>(name, description, usual, min);
    }

    private static async Task<int> WriteAsync(
        Demand demand,
        Servers servers,
        string protocol,
        FileInfo? file,
        int? simulatedNodes,
        InvocationConfiguration console
    )
    {
        try
        {
            var costs = file is null
                ? await UnitCosts.ReadDefaultAsync(protocol)
                : await UnitCosts.ReadAsync(file.FullName);
            if (servers.NodeUsableKiB <= costs.NodeMiBEmpty * 1024)
            {
                await console.Error.WriteLineAsync(
                    $"A node without listeners takes {costs.NodeMiBEmpty:0} MiB: --node-memory times --node-memory-share is less."
                );
                return 1;
            }

            var plan = Plan.Of(demand, servers, costs);
            await console.Output.WriteAsync(PlanText.Write(demand, servers, costs, plan));
            if (simulatedNodes is { } nodes)
            {
                await SimulationText.WriteAsync(demand, plan, nodes, console.Output);
            }

            return 0;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or JsonException)
        {
            var cause = failure.Message.ReplaceLineEndings(" ");
            await console.Error.WriteLineAsync($"The costs in {file} can't be used: {cause}");
            return 1;
        }
    }
}
