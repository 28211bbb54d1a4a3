using System.Diagnostics;

namespace SignalBroker.LocalCluster;

/// <summary>One server of the cluster: PostgreSQL, a RabbitMQ node, a webapp, coturn or a proxy.</summary>
public abstract class Part
{
    private protected static readonly TimeSpan Between = TimeSpan.FromMilliseconds(50);
    private protected static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(30);

    private ChildProcess? process;
    private bool ending;

    private protected Part(Run run, string name)
    {
        Run = run;
        Name = name;
        LogFile = Path.Combine(run.LogFolder, $"{name}.log");
    }

    /// <summary>The part's name, also that of its log.</summary>
    public string Name { get; }

    /// <summary>Everything that the part has printed, over all its restarts.</summary>
    public string LogFile { get; }

    /// <summary>The server's own process (the Erlang machine, the postmaster, dotnet).</summary>
    public int ProcessId => Started.Id;

    /// <summary>The server's own process and everything below it.</summary>
    public IReadOnlyList<int> ProcessIds => ProcessTable.Tree(ProcessId);

    /// <summary>Whether the process exists; a paused one does.</summary>
    public bool IsRunning => process is { HasExited: false };

    private protected Run Run { get; }

    private ChildProcess Started => process ?? throw new InvalidOperationException($"{Name} has not been started yet.");

    /// <summary>Starts the part, on the same port and with the same data as before, and waits until it is ready.</summary>
    /// <exception cref="PartFailedException">It ended or took too long; the message holds its last log lines.</exception>
    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        if (IsRunning)
        {
            throw new InvalidOperationException($"{Name} is running already.");
        }

        var watch = Stopwatch.StartNew();
        await PrepareAsync(cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        ending = false;
        process = new ChildProcess(Describe(), Run, LogFile);
        while (!await IsReadyAsync(cancellationToken))
        {
            if (process.HasExited)
            {
                throw Failure($"{Name} ended with exit code {process.ExitCode} before it was ready.");
            }

            if (watch.Elapsed > StartLimit)
            {
                throw Failure($"{Name} was not ready after {StartLimit.TotalSeconds:0} s.");
            }

            await Task.Delay(Between, TimeProvider.System, cancellationToken);
        }

        _ = ReportDeathAsync(process);
        Run.Progress($"{Name} is ready after {watch.Elapsed.TotalSeconds:0.0} s");
    }

    /// <summary>Stops the part in an orderly way and waits until it has ended.</summary>
    public async Task StopAsync(CancellationToken cancellationToken = default)
    {
        ending = true;
        Started.Thaw();
        Started.Send(StopSignal);
        try
        {
            await Started.Exited.WaitAsync(StopLimit, TimeProvider.System, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw Failure($"{Name} had not stopped after {StopLimit.TotalSeconds:0} s.");
        }
    }

    /// <summary>Ends the part and all its processes with SIGKILL and waits until they are gone.</summary>
    public Task KillAsync()
    {
        ending = true;
        return Started.KillAsync();
    }

    private protected void Send(Signal signal) => Started.Send(signal);

    /// <summary>Holds the part and all its processes still (SIGSTOP): its ports stay open, but nobody answers.</summary>
    public void Pause() => Started.Freeze();

    /// <summary>Lets a paused part go on.</summary>
    public void Resume() => Started.Thaw();

    /// <summary>Stops the part in an orderly way, if it runs, and starts it again.</summary>
    public async Task RestartAsync(CancellationToken cancellationToken = default)
    {
        if (IsRunning)
        {
            await StopAsync(cancellationToken);
        }

        await StartAsync(cancellationToken);
    }

    /// <summary>What stops the part in an orderly way.</summary>
    private protected virtual Signal StopSignal => Signal.Term;

    private protected abstract Launch Describe();

    private protected abstract Task<bool> IsReadyAsync(CancellationToken cancellationToken);

    private protected virtual Task PrepareAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task ReportDeathAsync(ChildProcess process)
    {
        await process.Exited;
        if (!ending && !Run.IsEnding)
        {
            Run.PartDied(this);
        }
    }

    private protected PartFailedException Failure(string message)
    {
        var lines = File.Exists(LogFile) ? File.ReadLines(LogFile).TakeLast(20) : [];
        return new PartFailedException($"{message} The end of {LogFile}:\n  {string.Join("\n  ", lines)}");
    }
}
