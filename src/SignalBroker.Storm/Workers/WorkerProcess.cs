using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using SignalBroker.Storm.Clients;

namespace SignalBroker.Storm.Workers;

/// <summary>One started worker; it ends when its input does, so it never outlives this process.</summary>
internal sealed class WorkerProcess : IAsyncDisposable
{
    private const int KeptErrorLines = 5;
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(5);

    private readonly Process process;
    private readonly Action<WorkerReport> reported;
    private readonly ConcurrentQueue<string> errors = new();
    private bool ending;

    private WorkerProcess(Process process, int number, Action<WorkerReport> reported)
    {
        (this.process, Number, this.reported) = (process, number, reported);
        process.ErrorDataReceived += (_, line) => KeepError(line.Data);
        process.BeginErrorReadLine();
        Ended = ReadAsync();
    }

    public int Number { get; }

    public int ProcessId => process.Id;

    /// <summary>Completes when the process has ended; fails if that was not asked for.</summary>
    public Task Ended { get; }

    public static WorkerProcess Start(int number, Action<WorkerReport> reported)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(WorkerProcess).Assembly.Location, "worker"])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                // Nothing in a worker blocks, so what arrives is handled where it is noticed. That, and threads that
                // do not spin while they wait, takes two thirds off the processor time of a signal.
                ["DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS"] = "1",
                ["DOTNET_ThreadPool_UnfairSemaphoreSpinLimit"] = "0",
            },
        };
        return new(Process.Start(start)!, number, reported);
    }

    public async Task SendAsync(Order order)
    {
        try
        {
            await process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(order, WorkerJson.Default.Order));
            await process.StandardInput.FlushAsync();
        }
        catch (IOException)
        {
            // It has ended; reading tells why.
        }
    }

    public async ValueTask DisposeAsync()
    {
        ending = true;
        try
        {
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has ended, and something that was written for it is left over.
        }

        try
        {
            await process.WaitForExitAsync().WaitAsync(EndLimit, TimeProvider.System);
        }
        catch (TimeoutException)
        {
            process.Kill();
        }

        await Ended;
        process.Dispose();
    }

    private async Task ReadAsync()
    {
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            reported(JsonSerializer.Deserialize(line, WorkerJson.Default.WorkerReport)!);
        }

        await process.WaitForExitAsync();
        if (!ending)
        {
            throw new LoadFailedException(
                $"Worker {Number} ended unexpectedly with exit code {process.ExitCode}. {string.Join(' ', errors)}".Trim()
            );
        }
    }

    private void KeepError(string? line)
    {
        if (!string.IsNullOrWhiteSpace(line) && errors.Count < KeptErrorLines)
        {
            errors.Enqueue(line.Trim());
        }
    }
}
