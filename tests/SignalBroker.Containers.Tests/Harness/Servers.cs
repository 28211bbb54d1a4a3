using System.Net;
using DotNet.Testcontainers.Builders;
using DotNet.Testcontainers.Configurations;
using Npgsql;
using SignalBroker.Client;
using SignalBroker.LocalCluster;
using SignalBroker.Migrations;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Containers.Tests.Harness;

/// <summary>PostgreSQL and a node in containers, and a webapp as a process of this machine.</summary>
public sealed class Servers : IAsyncLifetime
{
    // As long as a cluster of this machine's own servers has.
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(2);

    private ServerGroup machine = null!;

    /// <summary>Why there are no servers, where no container can run.</summary>
    public string? Missing { get; private set; } = Images.Missing;

    public Webapp Webapp { get; private set; } = null!;

    public Node Node { get; private set; } = null!;

    public Database Database { get; private set; } = null!;

    /// <summary>The table of sessions, through connections that no test can have broken before.</summary>
    public NpgsqlDataSource Rows { get; private set; } = null!;

    public Api Api => new(Webapp.PublicAddress);

    public async ValueTask InitializeAsync()
    {
        if (Missing is not null)
        {
            return;
        }

        TestcontainersSettings.WaitStrategyTimeout = StartLimit;
        machine = new ServerGroup();
        Webapp = machine.AddWebapp("webapp", Settings);
        try
        {
            Node = new Node("sb1", Webapp.InternalPort);
            Database = new Database();
        }
        catch (DockerUnavailableException failure)
        {
            Missing = failure.Message;
            return;
        }

        Rows = NpgsqlDataSource.Create($"{Database.ConnectionString};Pooling=false");
        await Task.WhenAll(Database.StartAsync(CancellationToken.None), Node.StartAsync(CancellationToken.None));
        await Migrator.MigrateAsync(Database.ConnectionString);
        await Webapp.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (Missing is not null)
        {
            return;
        }

        await Rows.DisposeAsync();
        foreach (var server in (ContainedServer[])[Node, Database])
        {
            await server.KeepLogAsync(machine.LogFolder);
            await server.DisposeAsync();
        }

        await machine.DisposeAsync();
    }

    /// <summary>How the .NET client reaches the webapp.</summary>
    public SignalBrokerClientOptions Options(Action<ClientState>? stateChanged = null) =>
        new() { Url = new(Webapp.PublicAddress), StateChanged = stateChanged };

    /// <summary>Connects a user with the .NET client.</summary>
    public Task<SignalBrokerClient> ConnectAsync() =>
        SignalBrokerClient.ConnectAsync(Options(), TestContext.Current.CancellationToken);

    /// <summary>Starts what a test has stopped, and waits until all work together again.</summary>
    public async Task MendAsync()
    {
        foreach (var server in (ContainedServer[])[Node, Database])
        {
            if (!server.IsRunning)
            {
                await server.StartAsync(CancellationToken.None);
            }
        }

        await Eventually.HoldsAsync(async () => (await ReadinessAsync()).ShouldBe(HttpStatusCode.OK));
    }

    /// <summary>What the webapp tells a balancer of itself.</summary>
    public async Task<HttpStatusCode> ReadinessAsync() => (await Api.GetAsync("/health/ready")).Status;

    private Dictionary<string, string> Settings() =>
        new()
        {
            ["ConnectionStrings:Database"] = Database.ConnectionString,
            ["Nodes:0:Name"] = Node.Name,
            ["Nodes:0:ListeningAddress"] = Node.ListeningAddress,
            ["Nodes:0:AmqpAddress"] = Node.AmqpAddress,
            ["Nodes:0:ManagementAddress"] = Node.ManagementAddress,
            // The node comes from a network of Docker's.
            ["Listeners:Internal"] = $"http://0.0.0.0:{Webapp.InternalPort}",
            ["Internal:AllowedHosts:0"] = Node.Machine,
            ["Internal:AllowedNetworks:0"] = "127.0.0.0/8",
            ["Internal:AllowedNetworks:1"] = "172.16.0.0/12",
        };
}
