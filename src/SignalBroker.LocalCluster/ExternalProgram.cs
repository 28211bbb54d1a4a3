using System.Diagnostics;

namespace SignalBroker.LocalCluster;

/// <summary>Runs a program to its end and returns what it printed.</summary>
internal static class ExternalProgram
{
    public static async Task<string> RunAsync(
        string program,
        IReadOnlyList<string> arguments,
        string workingFolder,
        IReadOnlyDictionary<string, string> environment,
        CancellationToken cancellationToken
    )
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = workingFolder,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        ChildEnvironment.Apply(start, environment);
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            var errors = process.StandardError.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            return process.ExitCode == 0
                ? await output
                : throw new PartFailedException(
                    $"{Path.GetFileName(program)} ended with exit code {process.ExitCode}: {await errors}{await output}"
                );
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }
}
