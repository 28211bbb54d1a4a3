using DotNet.Testcontainers.Containers;
using SignalBroker.LocalCluster;

namespace SignalBroker.Containers.Tests.Harness;

/// <summary>A server in a container, which can be stopped and started again with the same data.</summary>
public abstract class ContainedServer(string name, IContainer container) : IAsyncDisposable
{
    private readonly List<TcpProxy> proxies = [];

    public string Name { get; } = name;

    public bool IsRunning => container.State is TestcontainersStates.Running;

    /// <summary>Starts the container and waits until the server does its work.</summary>
    public Task StartAsync(CancellationToken cancellationToken) => container.StartAsync(cancellationToken);

    /// <summary>Ends the server in good order.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => container.StopAsync(cancellationToken);

    /// <summary>Runs a program in the container; what it printed.</summary>
    public async Task<string> RunAsync(params string[] command)
    {
        var result = await container.ExecAsync(command, TestContext.Current.CancellationToken);
        result.ExitCode.ShouldBe(0, result.Stderr);
        return result.Stdout;
    }

    /// <summary>Writes what the server has printed, over all its restarts, into a folder.</summary>
    public async Task KeepLogAsync(string folder)
    {
        var (output, errors) = await container.GetLogsAsync(timestampsEnabled: false);
        await File.WriteAllTextAsync(Path.Combine(folder, $"{Name}.log"), output + errors);
    }

    public async ValueTask DisposeAsync()
    {
        await container.DisposeAsync();
        foreach (var proxy in proxies)
        {
            await proxy.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>A port of this machine that leads to one of the container's, and stays: Docker picks others at each start.</summary>
    protected int Open(int port)
    {
        var proxy = new TcpProxy(() => IsRunning ? [container.GetMappedPublicPort(port)] : []);
        proxies.Add(proxy);
        return proxy.Port;
    }
}
