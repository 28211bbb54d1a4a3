using System.CommandLine;
using System.Diagnostics;
using SignalBroker.LocalCluster;
using SignalBroker.Storm.Reports;

namespace SignalBroker.Showcase.Rollouts;

/// <summary>The command that plays a rollout, and writes its report.</summary>
internal static class RolloutCommand
{
    public static Command Create()
    {
        var listeners = new Option<int>("--listeners")
        {
            Description = "how many people listen, from 100 on",
            DefaultValueFactory = _ => 5_000,
        };
        var rate = new Option<double>("--rate")
        {
            Description = "how many signals a second they send",
            DefaultValueFactory = _ => 500,
        };
        var from = new Option<string>("--from")
        {
            Description = "where the RabbitMQ is that the nodes begin with",
            Required = true,
        };
        var to = new Option<string>("--to")
        {
            Description = "where the RabbitMQ is that they are upgraded to",
            Required = true,
        };
        var output = new Option<string>("--output")
        {
            Description = "the folder for the report",
            DefaultValueFactory = _ => Path.Combine("artifacts", "rollout"),
        };
        var command = new Command("rollout", "Adds, upgrades and kills nodes and replaces webapps while people listen.")
        {
            listeners,
            rate,
            from,
            to,
            output,
        };
        command.SetAction(
            async (arguments, token) =>
            {
                var options = new RolloutOptions(
                    Math.Max(100, arguments.GetValue(listeners)),
                    arguments.GetValue(rate),
                    arguments.GetRequiredValue(from),
                    arguments.GetRequiredValue(to)
                );
                try
                {
                    return await PlayAsync(options, arguments.GetRequiredValue(output), token);
                }
                catch (Exception failure) when (failure is PartFailedException or TimeoutException)
                {
                    await Console.Error.WriteLineAsync(failure.Message);
                    return 1;
                }
            }
        );
        return command;
    }

    private static async Task<int> PlayAsync(RolloutOptions options, string folder, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        Tell("Starting PostgreSQL, two nodes, two webapps and HAProxy ...");
        await using var rollout = await Rollout.StartAsync(options, Tell, cancellationToken);
        var reports = await rollout.PlayAsync(cancellationToken);
        Directory.CreateDirectory(folder);
        var page = Path.Combine(folder, "report.html");
        await ReportPage.WriteAsync(reports, page, "SignalBroker while its servers change", "act");
        await JsonReport.WriteAsync(reports, Path.Combine(folder, "report.json"));
        Console.WriteLine(RolloutTable.Write(reports));
        Console.WriteLine($"The report is in {page}");
        return 0;

        void Tell(string line) => Console.WriteLine($@"{watch.Elapsed:mm\:ss} {line}");
    }
}
