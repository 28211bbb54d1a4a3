using System.Diagnostics;
using System.Text.RegularExpressions;

namespace SignalBroker.LocalCluster.Tests;

/// <summary>What the program leaves behind: nothing, however it ends.</summary>
public sealed partial class ProgramTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("INT", "epmd is ready")]
    [InlineData("INT", "Press Ctrl-C")]
    [InlineData("HUP", "postgres is ready")]
    [InlineData("KILL", "epmd is ready")]
    [InlineData("KILL", "turn is ready")]
    [InlineData("KILL", "Press Ctrl-C")]
    public async Task Nothing_is_left_after_a_signal(string signal, string moment)
    {
        using var program = Start();
        var data = await FindDataFolderAsync(program, moment);
        await DetachAsync(data);

        using (var kill = Process.Start("kill", [$"-{signal}", program.Id.ToString()]))
        {
            await kill.WaitForExitAsync(Token);
        }

        await program.WaitForExitAsync(Token).WaitAsync(Patience, Token);
        await EventuallyAsync(() => !Directory.Exists(data) && ProcessesThatName(data).Count == 0);
    }

    private static Process Start()
    {
        // Tests in the background, and all that they start, ignore Ctrl-C; with nohup SIGHUP, too.
        string[] defaultSignals = ["--default-signal=INT", "--default-signal=HUP", "dotnet"];
        string[] program = [typeof(Cluster).Assembly.Location, "--nodes", "1", "--webapps", "0", "--turn"];
        var start = new ProcessStartInfo("env", [.. defaultSignals, .. program])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        };
        return Process.Start(start)!;
    }

    // As a node does with an epmd of its own, when it starts and finds ours gone.
    private static async Task DetachAsync(string data)
    {
        var start = new ProcessStartInfo("setsid", ["--fork", "sleep", "600"]);
        start.Environment["HOME"] = $"{data}/home";
        using var detaching = Process.Start(start)!;
        await detaching.WaitForExitAsync(Token);
    }

    private static async Task<string> FindDataFolderAsync(Process program, string moment)
    {
        while (await program.StandardOutput.ReadLineAsync(Token) is { } line)
        {
            if (line.StartsWith(moment, StringComparison.Ordinal))
            {
                var watchdog = ProcessesThatName("watchdog.sh").Single(process => process.Parent == program.Id);
                return DataFolder().Match(watchdog.CommandLine).Value;
            }
        }

        throw new InvalidOperationException($"The program ended before it said '{moment}'.");
    }

    private static List<(int Parent, string CommandLine)> ProcessesThatName(string text)
    {
        List<(int, string)> found = [];
        foreach (var folder in Directory.EnumerateDirectories("/proc").Where(folder => char.IsAsciiDigit(folder[6])))
        {
            try
            {
                var everything = File.ReadAllText($"{folder}/cmdline") + File.ReadAllText($"{folder}/environ");
                if (everything.Contains(text, StringComparison.Ordinal))
                {
                    var stat = File.ReadAllText($"{folder}/stat");
                    found.Add((int.Parse(stat[(stat.LastIndexOf(')') + 4)..].Split(' ')[0]), everything));
                }
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                // Ended meanwhile, or another user's.
            }
        }

        return found;
    }

    private static async Task EventuallyAsync(Func<bool> condition)
    {
        var watch = Stopwatch.StartNew();
        while (!condition())
        {
            watch.Elapsed.ShouldBeLessThan(Patience);
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Token);
        }
    }

    [GeneratedRegex("/tmp/signalbroker-[A-Za-z0-9]+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex DataFolder();
}
