using System.Diagnostics;
using SignalBroker.Storm.Loads;

namespace SignalBroker.Storm.Tests.Harness;

/// <summary>The program, as a user starts it.</summary>
public sealed class StormProcess : IDisposable
{
    // Tests in the background, and all that they start, ignore Ctrl-C; with nohup SIGHUP, too.
    private static readonly string[] WithDefaultSignals = ["--default-signal=INT", "--default-signal=HUP", "dotnet"];

    private readonly Process process;
    private readonly Task<string> output;
    private readonly Task<string> errors;

    private StormProcess(Process process)
    {
        this.process = process;
        output = process.StandardOutput.ReadToEndAsync();
        errors = process.StandardError.ReadToEndAsync();
    }

    public static StormProcess Start(params string[] arguments) =>
        new(
            Process.Start(
                new ProcessStartInfo("env", [.. WithDefaultSignals, typeof(Load).Assembly.Location, .. arguments])
                {
                    UseShellExecute = false,
                    RedirectStandardOutput = true,
                    RedirectStandardError = true,
                }
            )!
        );

    /// <summary>Runs it to its end.</summary>
    public static async Task<StormResult> RunAsync(params string[] arguments)
    {
        using var storm = Start(arguments);
        return await storm.EndAsync();
    }

    public async Task<StormResult> EndAsync()
    {
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return new(process.ExitCode, await output, await errors);
    }

    /// <summary>Its workers' process ids.</summary>
    public IReadOnlyList<int> Workers() =>
        [
            .. Directory
                .EnumerateDirectories("/proc")
                .Select(folder => int.TryParse(Path.GetFileName(folder), out var id) ? id : 0)
                .Where(id => id > 0 && ParentOf(id) == process.Id),
        ];

    public Task SignalAsync(string signal) => SignalAsync(signal, process.Id);

    public static async Task SignalAsync(string signal, int processId)
    {
        using var kill = Process.Start("kill", [$"-{signal}", processId.ToString()]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    public static bool IsAlive(int processId) => ParentOf(processId) is not null;

    public void Dispose()
    {
        if (!process.HasExited)
        {
            process.Kill();
        }

        process.Dispose();
    }

    // Null for one that has ended, whether somebody has asked for its exit code or not.
    private static int? ParentOf(int id)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{id}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ', 3);
            return fields[0] == "Z" ? null : int.Parse(fields[1]);
        }
        catch (IOException)
        {
            return null;
        }
    }
}

/// <summary>How the program ended.</summary>
public sealed record StormResult(int ExitCode, string Output, string Errors);
