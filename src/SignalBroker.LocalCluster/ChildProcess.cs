using System.Diagnostics;

namespace SignalBroker.LocalCluster;

/// <summary>How to start one part.</summary>
internal sealed record Launch(string Program, params IReadOnlyList<string> Arguments)
{
    /// <summary>What the watchdog sends when the whole cluster goes, its data included.</summary>
    public required Signal LastSignal { get; init; }

    public required string WorkingFolder { get; init; }
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();
}

/// <summary>One started process of the cluster, in a session of its own and known to the watchdog.</summary>
internal sealed class ChildProcess
{
    private readonly Process _process;

    private ChildProcess(Process process)
    {
        _process = process;
        Exited = process.WaitForExitAsync();
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    public Task Exited { get; }

    public static ChildProcess Start(Launch launch, string records, string logFile)
    {
        var start = new ProcessStartInfo("/bin/sh") { WorkingDirectory = launch.WorkingFolder };
        string[] launcher =
        [
            Path.Combine(AppContext.BaseDirectory, "launch.sh"),
            records,
            launch.LastSignal.ToString().ToUpperInvariant(),
            Environment.ProcessId.ToString(),
            logFile,
            launch.Program,
            .. launch.Arguments,
        ];
        foreach (var argument in launcher)
        {
            start.ArgumentList.Add(argument);
        }

        ChildEnvironment.Apply(start, launch.Environment);
        return new ChildProcess(Process.Start(start)!);
    }

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
