using System.CommandLine;
using System.Globalization;
using SignalBroker.Storm.Loads;
using SignalBroker.Storm.Planning;
using SignalBroker.Storm.Workers;

CultureInfo.DefaultThreadCurrentCulture = CultureInfo.InvariantCulture;
var worker = new Command("worker", "A worker process; the other commands start it.") { Hidden = true };
worker.SetAction((_, _) => WorkerCommand.RunAsync());

var root = new RootCommand("Loads a SignalBroker installation as real users would, and measures it.")
{
    LoadCommands.Connect(),
    LoadCommands.Exchange(),
    LoadCommands.Poke(),
    LoadCommands.Churn(),
    LoadCommands.Reconnect(),
    LoadCommands.Soak(),
    PlanCommand.Create(),
    worker,
};
var arguments = root.Parse(args);
if (arguments.Errors.Count > 0)
{
    foreach (var error in arguments.Errors)
    {
        await Console.Error.WriteLineAsync($"storm: {error.Message}");
    }

    return 1;
}

// The signals are the runner's: ending takes longer than the library would wait.
return await arguments.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
