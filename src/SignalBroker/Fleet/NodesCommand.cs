using System.CommandLine;
using System.Net.Http.Json;
using SignalBroker.Nodes;

namespace SignalBroker.Fleet;

/// <summary><c>SignalBroker nodes …</c>: what an operator does with nodes, by the internal port of a running webapp.</summary>
internal static class NodesCommand
{
    public const string Name = "nodes";

    private const string Nodes = "nodes";

    private static readonly Argument<string> Node = new("name") { Description = "The node's name" };

    /// <summary>Does what the arguments say; returns the process's exit code.</summary>
    public static Task<int> RunAsync(string[] args)
    {
        var root = new RootCommand("SignalBroker") { AdminCall.Server };
        var nodes = new Command(Name, "Shows, adds, drains and removes nodes while the webapps run")
        {
            List(),
            Add(),
            Drain(),
            Change("ready", "Gives a node sessions again", NodeChange.Ready),
            Rebalance(),
            Remove(),
            Check(),
        };
        root.Subcommands.Add(nodes);
        return root.Parse(args).InvokeAsync();
    }

    private static Command List()
    {
        var list = new Command("list", "Lists the nodes as the webapp sees them");
        list.SetAction(
            (parsed, token) =>
                AdminCall.ShowAsync(
                    parsed,
                    HttpMethod.Get,
                    Nodes,
                    null,
                    FleetJson.Default.IEnumerableNodeReport,
                    NodesOutput.ShowAll,
                    token
                )
        );
        return list;
    }

    private static Command Add()
    {
        var listening = Required("--listening", "The public ws:// or wss:// address at which browsers listen by STOMP");
        var amqp = Required("--amqp", "The internal amqp:// address, without user and password");
        var management = Required("--management", "The internal http:// address of the management API, without them");
        var mqtt = new Option<string?>("--mqtt")
        {
            Description = "The public address at which browsers listen by MQTT",
        };
        var stomp = new Option<bool>("--no-stomp") { Description = "Browsers don't listen by STOMP" };
        var capacity = new Option<int>("--capacity")
        {
            Description = "How many sessions it should hold",
            DefaultValueFactory = _ => new NodeDefinition().Capacity,
        };
        var region = new Option<string?>("--region") { Description = "Where it stands" };
        var labels = new Option<string[]>("--label") { Description = "A word by which you tell nodes apart" };
        var add = new Command("add", "Checks a node, and adds it or describes it anew")
        {
            Node,
            listening,
            mqtt,
            stomp,
            amqp,
            management,
            capacity,
            region,
            labels,
        };
        add.SetAction(
            (parsed, token) =>
            {
                var definition = new NodeDefinition(
                    parsed.GetValue(listening),
                    parsed.GetValue(amqp),
                    parsed.GetValue(management),
                    parsed.GetValue(mqtt),
                    !parsed.GetValue(stomp),
                    parsed.GetValue(capacity),
                    parsed.GetValue(region),
                    parsed.GetValue(labels)
                );
                var body = JsonContent.Create(definition, FleetJson.Default.NodeDefinition);
                return ShowOneAsync(parsed, HttpMethod.Put, body, token);
            }
        );
        return add;

        static Option<string> Required(string name, string description) =>
            new(name) { Description = description, Required = true };
    }

    private static Command Drain()
    {
        var wait = new Option<bool>("--wait")
        {
            Description = "Comes back when the node holds no sessions any more, and shows how many are left",
        };
        var drain = new Command("drain", "Gives a node no more sessions, so that it can be taken away") { Node, wait };
        drain.SetAction(
            async (parsed, token) =>
            {
                var body = JsonContent.Create(new NodeChange(NodeChange.Draining), FleetJson.Default.NodeChange);
                var code = await ShowOneAsync(parsed, HttpMethod.Patch, body, token);
                return code != 0 || !parsed.GetValue(wait) ? code : await WaitUntilDrainedAsync(parsed, token);
            }
        );
        return drain;
    }

    private static async Task<int> WaitUntilDrainedAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var name = parsed.GetValue(Node)!;
        var last = "";
        while (true)
        {
            var nodes = await AdminCall.AskAsync(
                parsed,
                HttpMethod.Get,
                Nodes,
                null,
                FleetJson.Default.IEnumerableNodeReport,
                cancellationToken
            );
            if (nodes?.SingleOrDefault(report => report.Name == name) is not { } node)
            {
                return 1;
            }

            if (node.State == NodeState.Drained)
            {
                return 0;
            }

            if (node.State != NodeState.Draining)
            {
                await parsed.InvocationConfiguration.Error.WriteLineAsync(
                    $"{name} does not drain any more: it is {NodesOutput.Word(node.State)}. {node.Why}".TrimEnd()
                );
                return 1;
            }

            if (node.Why is { } why && why != last)
            {
                last = why;
                await parsed.InvocationConfiguration.Output.WriteLineAsync($"{name}: {why}");
            }

            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, cancellationToken);
        }
    }

    private static Command Change(string name, string description, string state)
    {
        var change = new Command(name, description) { Node };
        change.SetAction(
            (parsed, token) =>
            {
                var body = JsonContent.Create(new NodeChange(state), FleetJson.Default.NodeChange);
                return ShowOneAsync(parsed, HttpMethod.Patch, body, token);
            }
        );
        return change;
    }

    private static Command Rebalance()
    {
        var rebalance = new Command("rebalance", "Moves sessions from nodes that hold more than their share");
        rebalance.SetAction(
            (parsed, token) =>
                AdminCall.ShowAsync(
                    parsed,
                    HttpMethod.Post,
                    $"{Nodes}/rebalance",
                    null,
                    FleetJson.Default.IEnumerableNodeSurplus,
                    NodesOutput.ShowSurplus,
                    token
                )
        );
        return rebalance;
    }

    private static Command Remove()
    {
        var forget = new Option<bool>("--forget-sessions")
        {
            Description = "It is lost and never comes back: its sessions end",
        };
        var remove = new Command("remove", "Takes away a node that is drained or lost") { Node, forget };
        remove.SetAction(
            (parsed, token) =>
                AdminCall.DoAsync(
                    parsed,
                    HttpMethod.Delete,
                    PathOf(parsed) + (parsed.GetValue(forget) ? "?sessions=forget" : ""),
                    $"{parsed.GetValue(Node)} is removed",
                    token
                )
        );
        return remove;
    }

    private static Command Check()
    {
        var check = new Command("check", "Tries whether a node is set up as sessions need it") { Node };
        check.SetAction(
            async (parsed, token) =>
            {
                var checks = await AdminCall.AskAsync(
                    parsed,
                    HttpMethod.Post,
                    PathOf(parsed) + "/check",
                    null,
                    FleetJson.Default.IReadOnlyListNodeCheck,
                    token
                );
                NodesOutput.ShowChecks(checks ?? [], parsed.InvocationConfiguration.Output);
                return checks is not null && checks.All(check => check.Passed) ? 0 : 1;
            }
        );
        return check;
    }

    private static string PathOf(ParseResult parsed) => $"{Nodes}/{Uri.EscapeDataString(parsed.GetValue(Node)!)}";

    private static Task<int> ShowOneAsync(
        ParseResult parsed,
        HttpMethod method,
        HttpContent body,
        CancellationToken cancellationToken
    ) =>
        AdminCall.ShowAsync(
            parsed,
            method,
            PathOf(parsed),
            body,
            FleetJson.Default.NodeReport,
            NodesOutput.ShowOne,
            cancellationToken
        );
}
