using System.CommandLine.Parsing;

namespace SignalBroker.LocalCluster;

/// <summary>Keeps a cluster running until a signal ends it.</summary>
internal static class RunCommand
{
    public static async Task<int> InvokeAsync(ClusterOptions options)
    {
        // The second signal ends this process at once; the watchdog still cleans up.
        using var signals = new StopSignals();
        try
        {
            await using var cluster = await Cluster.StartAsync(
                options with
                {
                    Progress = Console.WriteLine,
                    PartDied = part =>
                        Console.Error.WriteLine($"{part.Name} has ended unexpectedly; see {part.LogFile}"),
                },
                signals.Token
            );
            Describe(cluster);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, signals.Token)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Console.WriteLine("Stopping ...");
        }
        catch (OperationCanceledException)
        {
            Console.WriteLine("Stopped before everything was ready.");
            return 0;
        }
        catch (PartFailedException failure)
        {
            Console.Error.WriteLine(failure.Message);
            return 1;
        }

        Console.WriteLine("Everything has stopped.");
        return 0;
    }

    public static KeyValuePair<string, string>[] ParseSettings(ArgumentResult result)
    {
        var pairs = result.Tokens.Select(token => token.Value.Split('=', 2)).ToArray();
        if (pairs.FirstOrDefault(pair => pair.Length < 2) is { } broken)
        {
            result.AddError($"--set takes Key=Value, not '{broken[0]}'.");
            return [];
        }

        return [.. pairs.Select(pair => KeyValuePair.Create(pair[0], pair[1]))];
    }

    /// <summary>The settings, with a key that lets browsers get pushes until the cluster ends, unless they have one.</summary>
    public static Dictionary<string, string> WithPushKey(KeyValuePair<string, string>[] settings)
    {
        var all = new Dictionary<string, string>(settings);
        if (!all.Keys.Any(key => key.StartsWith("Push:PrivateKey", StringComparison.OrdinalIgnoreCase)))
        {
            all["Push:PrivateKey"] = Secrets.NewPushKey();
            all.TryAdd("Push:Subject", "mailto:operator@signal.example");
        }

        return all;
    }

    private static void Describe(Cluster cluster)
    {
        Console.WriteLine(
            cluster.Edge is { } edge ? $"SignalBroker is ready: {edge.Address} (its CA: {edge.AuthorityFile})"
            : cluster.Webapps is [var first, ..] ? $"SignalBroker is ready: {first.PublicAddress}"
            : "The servers are ready, without a webapp."
        );
        foreach (var node in cluster.Nodes)
        {
            var management = new UriBuilder(node.ManagementAddress) { UserName = "", Password = "" }.Uri;
            Console.WriteLine(
                $"  node {node.Name}: browsers listen at {node.PublicListeningAddress}, management {management}"
            );
        }

        foreach (var webapp in cluster.Webapps)
        {
            Console.WriteLine($"  {webapp.Name}: {webapp.PublicAddress}, internal address {webapp.InternalAddress}");
        }

        if (cluster.Turn is { } turn)
        {
            Console.WriteLine($"  turn: coturn at 127.0.0.1:{turn.Port}");
        }

        Console.WriteLine($"  database: PostgreSQL at 127.0.0.1:{cluster.Postgres.Port}");
        Console.WriteLine($"  logs: {cluster.LogFolder}");
        Console.WriteLine("Press Ctrl-C to stop.");
    }
}
