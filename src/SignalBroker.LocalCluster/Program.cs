using System.CommandLine;
using SignalBroker.LocalCluster;

var nodes = new Option<int>("--nodes") { Description = "RabbitMQ nodes to start", DefaultValueFactory = _ => 2 };
var webapps = new Option<int>("--webapps") { Description = "webapps to start", DefaultValueFactory = _ => 1 };
var port = new Option<int?>("--port") { Description = "the first webapp's public port; any free one if left out" };
var rabbitMq = new Option<string?>("--rabbitmq")
{
    Description =
        "another RabbitMQ: a folder with bin/rabbitmq-server or sbin/rabbitmq-server, or such an executable; several, with colons between, by turns",
};
var turn = new Option<bool>("--turn") { Description = "start coturn as well" };
var edge = new Option<EdgeProxy?>("--edge") { Description = "start a proxy with TLS in front of everything as well" };
var settings = new Option<KeyValuePair<string, string>[]>("--set")
{
    Description = "a setting for the webapps, such as Sessions:PerUser=Reject; may be repeated",
    HelpName = "Key=Value",
    CustomParser = RunCommand.ParseSettings,
};

var run = new Command(
    "run",
    "Starts PostgreSQL, RabbitMQ, the webapp and perhaps coturn, and stops them on Ctrl-C (the default)."
);
var root = new RootCommand("Runs SignalBroker, with all the servers that it needs, on this machine.") { run };
foreach (var command in (Command[])[root, run])
{
    foreach (var option in (Option[])[nodes, webapps, port, rabbitMq, turn, edge, settings])
    {
        command.Options.Add(option);
    }

    command.SetAction(
        (arguments, _) =>
            RunCommand.InvokeAsync(
                new ClusterOptions
                {
                    Nodes = arguments.GetValue(nodes),
                    Webapps = arguments.GetValue(webapps),
                    Port = arguments.GetValue(edge) is null ? arguments.GetValue(port) : null,
                    Edge = arguments.GetValue(edge),
                    EdgePort = arguments.GetValue(edge) is null ? null : arguments.GetValue(port),
                    RabbitMq = arguments.GetValue(rabbitMq),
                    Turn = arguments.GetValue(turn),
                    WebappSettings = RunCommand.WithPushKey(arguments.GetValue(settings) ?? []),
                }
            )
    );
}

// The signals are RunCommand's: stopping may take longer than the library would wait.
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
