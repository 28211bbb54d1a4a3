using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace SignalBroker.Containers.Tests.Harness;

/// <summary>A Debian machine that scripts/with-machine has booted, and on which SignalBroker is installed once.</summary>
public sealed class Machine : IAsyncLifetime
{
    /// <summary>What scripts/publish has made, as it came.</summary>
    public const string Delivered = "/delivered";

    // Hundreds of packages come through a network that is one process.
    private static readonly TimeSpan InstallLimit = TimeSpan.FromMinutes(8);
    private static readonly TimeSpan PortLimit = TimeSpan.FromSeconds(1);

    private readonly string? process = Environment.GetEnvironmentVariable("MACHINE");

    /// <summary>Why there is none; null where there is.</summary>
    public string? Missing { get; } =
        Environment.GetEnvironmentVariable("MACHINE") is { Length: > 0 }
            ? null
            : Environment.GetEnvironmentVariable("MACHINE_MISSING") ?? "scripts/with-machine starts it";

    /// <summary>The machine's only address that others can reach.</summary>
    public string Address { get; } = Environment.GetEnvironmentVariable("MACHINE_ADDRESS") ?? "";

    public async ValueTask InitializeAsync()
    {
        if (Missing is null)
        {
            await InstallAsync(Delivered);
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Runs the installer of a folder as root, or as somebody who may use sudo.</summary>
    public async Task InstallAsync(string folder, bool bySudo = false)
    {
        string[] install = [$"{folder}/deploy/debian/install", Address];
        var said = await RunAsync(bySudo ? ["runuser", "-u", "admin", "--", "sudo", .. install] : install);
        said.ShouldContain($"SignalBroker is ready: http://{Address}:8080/");
    }

    /// <summary>Runs a program on the machine as root; what it printed.</summary>
    public async Task<string> RunAsync(params string[] command)
    {
        string[] inside = ["--target", process!, "--all", "env", "--ignore-environment"];
        var start = new ProcessStartInfo(
            "nsenter",
            [.. inside, "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", .. command]
        )
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var running = Process.Start(start)!;
        using var limit = new CancellationTokenSource(InstallLimit);
        var output = running.StandardOutput.ReadToEndAsync(limit.Token);
        var errors = running.StandardError.ReadToEndAsync(limit.Token);
        await running.WaitForExitAsync(limit.Token);
        running.ExitCode.ShouldBe(0, $"{string.Join(' ', command)}: {await errors}{await output}");
        return await output;
    }

    /// <summary>The first process of a service.</summary>
    public async Task<string> ProcessOfAsync(string service) =>
        (await RunAsync("systemctl", "show", "--property=MainPID", "--value", service)).Trim();

    /// <summary>Which TCP ports of the machine let this one in, or say that nobody is there.</summary>
    public async Task<(int[] Open, int[] Refused)> TryEveryPortAsync()
    {
        var outcomes = new SocketError[IPEndPoint.MaxPort + 1];
        // Most say nothing, so that many are asked at once.
        await Parallel.ForAsync(
            1,
            outcomes.Length,
            new ParallelOptions { MaxDegreeOfParallelism = 2000 },
            async (port, _) => outcomes[port] = await TryAsync(port)
        );
        return (Having(SocketError.Success), Having(SocketError.ConnectionRefused));

        int[] Having(SocketError outcome) =>
            [.. Enumerable.Range(1, IPEndPoint.MaxPort).Where(port => outcomes[port] == outcome)];
    }

    private async Task<SocketError> TryAsync(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using var limit = new CancellationTokenSource(PortLimit);
        try
        {
            await socket.ConnectAsync(IPAddress.Parse(Address), port, limit.Token);
            return SocketError.Success;
        }
        catch (SocketException failure)
        {
            return failure.SocketErrorCode;
        }
        catch (OperationCanceledException)
        {
            return SocketError.TimedOut;
        }
    }
}
