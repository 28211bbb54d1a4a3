using System.CommandLine;
using System.Globalization;
using SignalBroker.LocalCluster;
using SignalBroker.Showcase;
using SignalBroker.Showcase.Rollouts;
using SignalBroker.Storm.Loads;

CultureInfo.DefaultThreadCurrentCulture = CultureInfo.InvariantCulture;
var output = new Option<string>("--output")
{
    Description = "the folder for the reports",
    DefaultValueFactory = _ => Path.Combine("artifacts", "storm"),
};
var scale = new Option<double>("--scale")
{
    Description = "how much of the clients and of the time, from 0.01 to 1",
    DefaultValueFactory = _ => 1,
};
var statusPort = new Option<int?>("--status-port") { Description = "answer GET /status on this loopback port" };
var quiet = new Option<bool>("--quiet") { Description = "show nothing while it runs" };
var root = new RootCommand("Loads a SignalBroker that it starts on this machine, and writes one report of all loads.")
{
    output,
    scale,
    statusPort,
    quiet,
    RolloutCommand.Create(),
};
root.SetAction(
    async (arguments, _) =>
    {
        Console.WriteLine("Starting PostgreSQL, two nodes and two webapps ...");
        try
        {
            await using var cluster = await Cluster.StartAsync(ShowcaseLoads.Cluster, CancellationToken.None);
            return await Runner.RunAsync(
                ShowcaseLoads.For(
                    cluster,
                    Math.Clamp(arguments.GetValue(scale), 0.01, 1),
                    arguments.GetRequiredValue(output),
                    arguments.GetValue(statusPort),
                    arguments.GetValue(quiet)
                )
            );
        }
        catch (PartFailedException failure)
        {
            await Console.Error.WriteLineAsync(failure.Message);
            return 1;
        }
    }
);

// The signals are the runner's: ending takes longer than the library would wait.
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
