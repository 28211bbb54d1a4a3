using System.Diagnostics;
using SignalBroker.LocalCluster;

namespace SignalBroker.Showcase.Rollouts;

/// <summary><c>scripts/upgrade-nodes</c>, whose command has this process replace each node's RabbitMQ.</summary>
internal sealed class UpgradeScript : IAsyncDisposable
{
    // Says whose turn it is, and waits until that is done.
    private const string Command = "echo \"$1\" >\"$0/asked\"; read -r failure <\"$0/done\"; [[ -z $failure ]]";

    private readonly Cluster cluster;
    private readonly string folder = Directory.CreateTempSubdirectory("rollout-").FullName;

    public UpgradeScript(Cluster cluster) => this.cluster = cluster;

    /// <summary>Upgrades all nodes, one after the other.</summary>
    /// <param name="replaceAsync">Replaces the RabbitMQ of one.</param>
    /// <exception cref="PartFailedException">The script has failed; the message holds what it said.</exception>
    public async Task RunAsync(Func<Node, CancellationToken, Task> replaceAsync, CancellationToken cancellationToken)
    {
        await MakePipesAsync(cancellationToken);
        string[] names = [.. cluster.Nodes.Select(node => node.Name)];
        using var script = Start(
            Repository.UpgradeScript,
            ["--server", cluster.Webapps[0].InternalAddress, .. names, "--", "bash", "-c", Command, folder]
        );
        var said = script.StandardOutput.ReadToEndAsync(cancellationToken);
        var errors = script.StandardError.ReadToEndAsync(cancellationToken);
        var ended = script.WaitForExitAsync(cancellationToken);
        foreach (var _ in names)
        {
            // Opening a pipe waits for the other side.
            var asked = Task.Run(() => File.ReadAllText(Path.Combine(folder, "asked")), cancellationToken);
            if (await Task.WhenAny(asked, ended) == ended)
            {
                break;
            }

            var name = (await asked).Trim();
            var failure = "";
            try
            {
                await replaceAsync(cluster.Nodes.Single(node => node.Name == name), cancellationToken);
            }
            catch (PartFailedException failed)
            {
                failure = failed.Message.ReplaceLineEndings(" ");
            }

            await Task.Run(() => File.WriteAllText(Path.Combine(folder, "done"), failure + "\n"), cancellationToken);
            if (failure.Length > 0)
            {
                throw new PartFailedException(failure);
            }
        }

        await ended;
        if (script.ExitCode != 0)
        {
            throw new PartFailedException($"scripts/upgrade-nodes has failed:\n{await said}{await errors}");
        }
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(folder, recursive: true);
        return default;
    }

    private async Task MakePipesAsync(CancellationToken cancellationToken)
    {
        using var making = Start("mkfifo", [Path.Combine(folder, "asked"), Path.Combine(folder, "done")]);
        await making.WaitForExitAsync(cancellationToken);
    }

    private static Process Start(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["SIGNALBROKER"] = $"dotnet {Repository.Webapp}";
        return Process.Start(start)!;
    }
}
