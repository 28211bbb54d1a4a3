using System.Diagnostics;
using SignalBroker.Hosting;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Operations;

/// <summary><c>SignalBroker health</c>, by which containers' engines learn how a webapp is.</summary>
public sealed class HealthCommandTests(TestCluster cluster)
{
    [Theory]
    [InlineData("live")]
    [InlineData("ready", "--ready")]
    public async Task A_webapp_that_is_well_is_told_by_the_exit_code(string status, params string[] options)
    {
        var (code, printed) = await RunAsync([.. options, "--server", cluster.Servers.Webapps[0].InternalAddress]);

        code.ShouldBe(0, printed);
        printed.ShouldContain($"\"status\":\"{status}\"");
    }

    [Fact]
    public async Task Where_none_runs_it_is_one()
    {
        var (code, printed) = await RunAsync(["--server", $"http://127.0.0.1:{FreePort.Find()}"]);

        code.ShouldBe(1, printed);
        printed.ShouldContain("does not answer");
    }

    private static async Task<(int Code, string Printed)> RunAsync(string[] options)
    {
        using var process = Process.Start(
            new ProcessStartInfo("dotnet", [typeof(VersionCommand).Assembly.Location, "health", .. options])
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output + await errors);
    }
}
