using System.Diagnostics;
using SignalBroker.LocalCluster;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Containers.Tests.Harness;

/// <summary>Everything of deploy/compose, of images that are made of what scripts/publish has delivered.</summary>
public sealed class Stack : IAsyncLifetime
{
    private const string Program = "signalbroker-program";
    private const string Node = "signalbroker-node";

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    private readonly string project = $"signalbroker-{Guid.NewGuid().ToString("N")[..8]}";
    private readonly Dictionary<string, string> environment = [];
    private DirectoryInfo? folder;

    /// <summary>Why there is none; null where there is.</summary>
    public string? Missing { get; } =
        Images.Missing
        ?? (Delivered is null ? "scripts/test delivers what images are made of" : null)
        ?? (
            Images.Servers is null
                ? "its ports are for an engine of its own, which scripts/with-containers starts"
                : null
        );

    /// <summary>The one address for browsers.</summary>
    public string Address { get; } = $"http://127.0.0.1:{FreePort.Find()}";

    /// <summary>Where Prometheus answers.</summary>
    public string Prometheus { get; } = $"http://127.0.0.1:{FreePort.Find()}";

    private static string? Delivered =>
        Environment.GetEnvironmentVariable("DELIVERED") is { Length: > 0 } value ? value : null;

    public async ValueTask InitializeAsync()
    {
        if (Missing is not null)
        {
            return;
        }

        await BuildAsync(Program, "Dockerfile", Images.Servers!);
        await BuildAsync(Node, "node.Dockerfile", Images.RabbitMq);
        folder = Directory.CreateTempSubdirectory("signalbroker-");
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Repository.Root, "deploy", "compose")))
        {
            File.Copy(file, Path.Combine(folder.FullName, Path.GetFileName(file)));
        }

        Describe();
        await RunAsync(Path.Combine(folder.FullName, "up"));
    }

    public async ValueTask DisposeAsync()
    {
        if (folder is not null)
        {
            await ComposeAsync("down", "--volumes", "--timeout", "0");
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Runs docker-compose; what it printed.</summary>
    public Task<string> ComposeAsync(params string[] arguments) => RunAsync("docker-compose", arguments);

    /// <summary>Runs the administration command in a webapp's container; what it printed.</summary>
    public Task<string> RunCommandAsync(params string[] arguments) =>
        ComposeAsync(["exec", "-T", "webapp1", "SignalBroker", .. arguments]);

    /// <summary>A property of a service's container, by a template of Docker's.</summary>
    public async Task<string> InspectAsync(string service, string template)
    {
        var container = (await ComposeAsync("ps", "--quiet", service)).Trim();
        return (await RunAsync("docker", "inspect", "--format", template, container)).Trim();
    }

    private void Describe()
    {
        environment["COMPOSE_PROJECT_NAME"] = project;
        environment["SIGNALBROKER_IMAGE"] = Program;
        environment["NODE_IMAGE"] = Node;
        environment["POSTGRES_IMAGE"] = Images.PostgreSql;
        foreach (var server in (string[])["HAPROXY", "COTURN", "PROMETHEUS"])
        {
            environment[$"{server}_IMAGE"] = Images.Servers!;
        }

        environment["ADDRESS"] = "127.0.0.1";
        // An engine may open no more files than this machine lets it.
        environment["OPEN_FILES"] = "4096";
        environment["PORT"] = $"{new Uri(Address).Port}";
        environment["PROMETHEUS_PORT"] = $"{new Uri(Prometheus).Port}";
    }

    private Task<string> BuildAsync(string image, string file, string from)
    {
        environment["DOCKER_BUILDKIT"] = "0";
        return RunAsync(
            "docker",
            "build",
            "--quiet",
            "--tag",
            image,
            "--build-arg",
            $"BASE={from}",
            "--file",
            Path.Combine(Repository.Root, "deploy", "container", file),
            Delivered!
        );
    }

    private async Task<string> RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder?.FullName ?? Repository.Root,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var running = Process.Start(start)!;
        using var limit = new CancellationTokenSource(Limit);
        var output = running.StandardOutput.ReadToEndAsync(limit.Token);
        var errors = running.StandardError.ReadToEndAsync(limit.Token);
        await running.WaitForExitAsync(limit.Token);
        running.ExitCode.ShouldBe(0, $"{program} {string.Join(' ', arguments)}: {await errors}{await output}");
        return await output;
    }
}
