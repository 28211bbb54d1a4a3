using System.Diagnostics;

namespace SignalBroker.LocalCluster;

/// <summary>How to start one part.</summary>
/// <param name="Program">The program, by its path or as the shell would find it.</param>
public sealed record Launch(string Program, params IReadOnlyList<string> Arguments)
{
    /// <summary>Environment variables in addition to this process's own.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>What the watchdog sends when the whole cluster goes, its data included.</summary>
    internal Signal LastSignal { get; init; } = Signal.Term;

    /// <summary>Null for the run's data folder.</summary>
    internal string? WorkingFolder { get; init; }
}

/// <summary>One started process of the cluster, in a session of its own and known to the watchdog.</summary>
internal sealed class ChildProcess
{
    private readonly Process process;

    /// <summary>Starts it.</summary>
    public ChildProcess(Launch launch, Run run, string logFile)
    {
        string[] launcher =
        [
            Path.Combine(AppContext.BaseDirectory, "launch.sh"),
            run.Records,
            launch.LastSignal.ToString().ToUpperInvariant(),
            Environment.ProcessId.ToString(),
            logFile,
            launch.Program,
            .. launch.Arguments,
        ];
        var start = new ProcessStartInfo("/bin/sh", launcher)
        {
            WorkingDirectory = launch.WorkingFolder ?? run.DataFolder,
        };
        ChildEnvironment.Apply(start, launch.Environment);
        process = Process.Start(start)!;
        Exited = process.WaitForExitAsync();
    }

    public int Id => process.Id;

    public bool HasExited => process.HasExited;

    public int ExitCode => process.ExitCode;

    public Task Exited { get; }

    public void Send(Signal signal)
    {
        if (!HasExited)
        {
            Posix.Send(Id, signal);
        }
    }

    /// <summary>Holds the process and everything below it still, and says which processes those are.</summary>
    public IReadOnlyList<int> Freeze()
    {
        Send(Signal.Stop);
        // It may fork until it stands still.
        SpinWait.SpinUntil(() => HasExited || ProcessTable.IsStopped(Id));
        var tree = HasExited ? [] : ProcessTable.Tree(Id);
        SendToAll(tree, Signal.Stop);
        return tree;
    }

    public void Thaw() => SendToAll(HasExited ? [] : ProcessTable.Tree(Id), Signal.Cont);

    /// <summary>Ends the process and everything below it at once.</summary>
    public async Task KillAsync()
    {
        var tree = Freeze();
        SendToAll(tree, Signal.Kill);
        await Exited;
        while (tree.Any(ProcessTable.IsAlive))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, CancellationToken.None);
        }
    }

    private static void SendToAll(IReadOnlyList<int> tree, Signal signal)
    {
        foreach (var id in tree)
        {
            Posix.Send(id, signal);
        }
    }
}
