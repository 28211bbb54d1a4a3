using System.Diagnostics;
using SignalBroker.Hosting;

namespace SignalBroker.Tests.Operations;

/// <summary>Which version runs.</summary>
public sealed class VersionTests
{
    // SemVer 2.0, without build metadata.
    private const string Form = @"^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$";

    [Fact]
    public async Task The_program_tells_its_version_and_needs_no_settings_for_that()
    {
        using var process = Process.Start(
            new ProcessStartInfo("dotnet", [typeof(VersionCommand).Assembly.Location, "--version"])
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
            }
        )!;
        var printed = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        printed.ShouldBe($"SignalBroker {VersionCommand.Version}\n");
        process.ExitCode.ShouldBe(0);
        VersionCommand.Version.ShouldMatch(Form);
    }
}
