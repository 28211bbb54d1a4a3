using System.Diagnostics;
using SignalBroker.LocalCluster;

namespace SignalBroker.Tests.Operations;

/// <summary>Prometheus' own tool, which judges rules, configurations and what is scraped.</summary>
internal static class Promtool
{
    /// <summary>What it has to say against its input; empty if it is content.</summary>
    /// <param name="arguments">Files are those beside the alert rules.</param>
    /// <param name="input">What it reads; nothing if left out.</param>
    public static async Task<string> RunAsync(IEnumerable<string> arguments, string input = "")
    {
        var token = TestContext.Current.CancellationToken;
        using var promtool = Process.Start(
            new ProcessStartInfo("promtool", arguments)
            {
                WorkingDirectory = Path.GetDirectoryName(Repository.AlertRules)!,
                UseShellExecute = false,
                RedirectStandardInput = true,
                RedirectStandardError = true,
                RedirectStandardOutput = true,
            }
        )!;
        var said = Task.WhenAll(
            promtool.StandardOutput.ReadToEndAsync(token),
            promtool.StandardError.ReadToEndAsync(token)
        );
        await promtool.StandardInput.WriteAsync(input);
        promtool.StandardInput.Close();
        await promtool.WaitForExitAsync(token);
        return promtool.ExitCode == 0 ? "" : $"exit code {promtool.ExitCode}: {string.Concat(await said)}";
    }
}
