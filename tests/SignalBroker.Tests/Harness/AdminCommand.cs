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
        return await RunAsync([.. args, .. named], new Dictionary<string, string>());
    }

    /// <summary>The same with the webapp's settings, for what asks no webapp.</summary>
    public static Task<(int Code, string Output)> RunWithSettingsAsync(Webapp webapp, params string[] args) =>
        RunAsync(args, webapp.Environment);

    private static async Task<(int Code, string Output)> RunAsync(
        string[] args,
        IReadOnlyDictionary<string, string> environment
    )
    {
        var start = new ProcessStartInfo("dotnet", [typeof(AdminCall).Assembly.Location, .. args])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, output + errors);
    }
}
