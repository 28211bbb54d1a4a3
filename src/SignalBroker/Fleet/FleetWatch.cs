using SignalBroker.Nodes;
using SignalBroker.Sessions;

namespace SignalBroker.Fleet;

/// <summary>Keeps the catalog of nodes as the database has it.</summary>
/// <remarks>What the settings say of a node holds, whatever the database says: only whether it drains or is lost is taken over.</remarks>
internal sealed partial class FleetWatch(
    FleetStore store,
    NodeCatalog catalog,
    NodeCredentials credentials,
    DatabaseMetrics metrics,
    TimeProvider clock,
    ILogger<FleetWatch> logger
) : BackgroundService, IAnnouncedMemory
{
    // Changes are announced; it is looked for those that were not heard.
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim looking = new(1);
    private readonly Dictionary<string, Node> added = [];
    private readonly Dictionary<string, DateTimeOffset> withoutCredentials = [];
    private volatile TaskCompletionSource announced = new();

    /// <summary>The nodes that this webapp can't use, because it can't log in there.</summary>
    public IReadOnlyList<NodeReport> Unusable { get; private set; } = [];

    public string Channel => NodeCatalog.Channel;

    public void Forget(string announcement) => announced.TrySetResult();

    public void ConnectionLost() => announced.TrySetResult();

    /// <summary>Takes over what the database has now.</summary>
    public async Task LookAsync()
    {
        await looking.WaitAsync();
        try
        {
            Apply(await store.ListAsync());
        }
        finally
        {
            looking.Release();
        }
    }

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        // Before the first request, so that a webapp is not ready without them.
        await TryLookAsync();
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            announced = new();
            await TryLookAsync();
            await Task.WhenAny(announced.Task, Task.Delay(Interval, clock, stoppingToken));
            stoppingToken.ThrowIfCancellationRequested();
        }
    }

    private async Task TryLookAsync()
    {
        try
        {
            await LookAsync();
            metrics.Answers = true;
        }
        catch (Exception failure)
        {
            metrics.Answers = false;
            LogNotRead(failure.Message);
        }
    }

    private void Apply(IReadOnlyList<StoredNode> stored)
    {
        foreach (var gone in added.Keys.Except(stored.Select(node => node.Name)).ToArray())
        {
            added.Remove(gone);
        }

        foreach (var node in stored)
        {
            if (Find(node) is { } known)
            {
                known.Plan = new(known.IsConfigured || node.IsChecked, node.DrainsSince, node.IsLost);
            }
        }

        catalog.Replace(added.Values);
        Unusable =
        [
            .. stored
                .Where(node => node.AmqpAddress is not null && !catalog.TryGet(node.Name, out _))
                .Select(node => NodeReport.OfUnusable(node, withoutCredentials[node.Name])),
        ];
    }

    private Node? Find(StoredNode stored)
    {
        if (catalog.TryGet(stored.Name, out var known) && known.IsConfigured)
        {
            return known;
        }

        if (stored.AmqpAddress is null || OptionsOf(stored) is not { } options)
        {
            // It is described by other webapps' settings only, or this one can't log in there.
            added.Remove(stored.Name);
            return null;
        }

        if (added.TryGetValue(stored.Name, out known) && known.HasAddressesOf(options))
        {
            known.Place = NodePlace.Of(options);
            return known;
        }

        LogAdded(stored.Name);
        return added[stored.Name] = new(options, clock);
    }

    private NodeOptions? OptionsOf(StoredNode stored)
    {
        if (credentials.Find(stored.Name) is not { } own)
        {
            if (withoutCredentials.TryAdd(stored.Name, clock.GetUtcNow()))
            {
                LogNoCredentials(stored.Name);
            }

            return null;
        }

        return new()
        {
            Name = stored.Name,
            ListeningAddress = new(stored.ListeningAddress!),
            MqttAddress = stored.MqttAddress is null ? null : new(stored.MqttAddress),
            Stomp = stored.Stomp,
            AmqpAddress = NodeCredentials.Add(new(stored.AmqpAddress!), own.AmqpUser, own.AmqpPassword),
            OtherAmqpPassword = own.OtherAmqpPassword,
            ManagementAddress = NodeCredentials.Add(
                new(stored.ManagementAddress!),
                own.ManagementUser,
                own.ManagementPassword
            ),
            Capacity = stored.Capacity,
            Region = stored.Region,
            Labels = [.. stored.Labels],
        };
    }

    [LoggerMessage(LogLevel.Information, "Node {Node} is known now")]
    private partial void LogAdded(string node);

    [LoggerMessage(LogLevel.Warning, "Node {Node} can't be used: there are no NodeCredentials for it")]
    private partial void LogNoCredentials(string node);

    [LoggerMessage(LogLevel.Warning, "The nodes can't be read from the database: {Reason}")]
    private partial void LogNotRead(string reason);
}
