using System.Diagnostics;
using SignalBroker.Http;
using SignalBroker.LocalCluster;

namespace SignalBroker.Tests.Harness;

/// <summary>The webapp's own program, as operators run it.</summary>
internal static class AdminCommand
{
    /// <summary>Runs it; its exit code, and what it has written.</summary>
    /// <param name="webapp">Whose internal port it asks, unless <paramref name="args"/> name another one.</param>
    public static async Task<(int Code, string Output)> RunAsync(Webapp webapp, params string[] args)
    {
        var server = AdminCall.Server.Name;
        string[] named = args.Contains(server) ? [] : [server, webapp.InternalAddress];
        using var process = Process.Start(
            new ProcessStartInfo("dotnet", [typeof(AdminCall).Assembly.Location, .. args, .. named])
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, output + errors);
    }
}
