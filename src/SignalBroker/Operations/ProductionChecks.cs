using System.Net;
using Npgsql;
using SignalBroker.Fleet;
using SignalBroker.Nodes;
using SignalBroker.Turn;
using SignalBroker.Users;

namespace SignalBroker.Operations;

/// <summary>How much a finding matters.</summary>
internal enum Weight
{
    /// <summary>All is well.</summary>
    Fine,

    /// <summary>It works, and production wants something else.</summary>
    Advice,

    /// <summary>It does not work.</summary>
    Wrong,
}

/// <summary>One thing that was looked at.</summary>
/// <param name="Mend">What to do; null where nothing is to be done.</param>
internal sealed record Finding(Weight Weight, string What, string? Mend = null);

/// <summary>Tries the settings against the live servers.</summary>
internal sealed class ProductionChecks(
    NpgsqlDataSource database,
    CheckStore store,
    FleetWatch fleet,
    NodeCatalog catalog,
    NodeChecks checks,
    IOptions<UsersOptions> users,
    IOptions<TurnOptions> turn,
    IOptions<ListenersOptions> listeners,
    IOptions<ProxiesOptions> proxies,
    TimeProvider clock
)
{
    private const int OldestPostgres = 130_000;
    private static readonly Version SupportedRabbitMq = new(4, 3);
    private static readonly TimeSpan SmallDifference = TimeSpan.FromSeconds(1);

    private bool hasSchema;

    /// <summary>Looks at everything, one after the other.</summary>
    public async IAsyncEnumerable<Finding> RunAsync()
    {
        await foreach (var finding in LookAtDatabaseAsync())
        {
            yield return finding;
        }

        if (hasSchema)
        {
            await fleet.LookAsync();
        }

        foreach (var node in catalog.Nodes)
        {
            await foreach (var finding in LookAtAsync(node))
            {
                yield return finding;
            }
        }

        if (catalog.Nodes.Count == 0)
        {
            yield return new(
                Weight.Wrong,
                "there is no node",
                "add one: SignalBroker nodes add, or Nodes:0: in the settings"
            );
        }

        foreach (var finding in LookAtSettings())
        {
            yield return finding;
        }
    }

    private async IAsyncEnumerable<Finding> LookAtDatabaseAsync()
    {
        var (facts, failure) = await TryReadAsync();
        if (facts is null)
        {
            yield return new(
                Weight.Wrong,
                $"the database can't be reached: {failure}",
                "look at ConnectionStrings:Database, and whether PostgreSQL listens there and lets this machine in"
            );
            yield break;
        }

        yield return facts.Version >= OldestPostgres
            ? new(Weight.Fine, $"PostgreSQL {facts.Version / 10_000} answers")
            : new(Weight.Advice, $"PostgreSQL {facts.Version / 10_000} is no longer maintained", "upgrade it");
        hasSchema = await SchemaCheck.IsNewEnoughAsync(database, CancellationToken.None);
        yield return hasSchema
            ? new(Weight.Fine, "the schema is as new as this version needs")
            : new(Weight.Wrong, "the schema is older than this version needs", "run the migrations");
        if (!facts.Syncs)
        {
            yield return new(
                Weight.Wrong,
                "PostgreSQL tells of commits that are not on the disk (fsync or synchronous_commit is off)",
                "turn both on, or stored signals are lost with the machine"
            );
        }

        var settings = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        if (settings.Hosts.Length > 1 && !facts.WaitsForStandby)
        {
            yield return new(
                Weight.Advice,
                "PostgreSQL answers commits that no standby has (synchronous_standby_names is empty, or synchronous_commit is local)",
                "set both on the primary, or its loss takes the newest stored signals along (docs/operations/database.md)"
            );
        }

        var pool = settings.MaxPoolSize;
        if (facts.MaxConnections < 2 * pool)
        {
            yield return new(
                Weight.Advice,
                $"max_connections is {facts.MaxConnections}, and each webapp may open {pool}",
                "raise max_connections, or lower Maximum Pool Size: while webapps are replaced there is one more"
            );
        }

        if (!facts.IsEncrypted && !Array.TrueForAll(settings.Hosts, IsOnThisMachine))
        {
            yield return new(
                Weight.Advice,
                "the connection to PostgreSQL is not encrypted",
                "SSL Mode=VerifyFull in ConnectionStrings:Database, unless the network is yours alone"
            );
        }

        var difference = facts.Now - clock.GetUtcNow().UtcDateTime;
        if (difference.Duration() > SmallDifference)
        {
            yield return new(
                Weight.Advice,
                $"PostgreSQL's clock differs by {difference.TotalSeconds:0.0} s from this machine's",
                "have both keep time by NTP"
            );
        }
    }

    private async Task<(DatabaseFacts? Facts, string? Failure)> TryReadAsync()
    {
        try
        {
            return (await store.ReadAsync(), null);
        }
        catch (Exception failure) when (DatabaseFailure.Is(failure))
        {
            return (null, failure.Message);
        }
    }

    private async IAsyncEnumerable<Finding> LookAtAsync(Node node)
    {
        // A session of its own is a row.
        if (hasSchema)
        {
            foreach (var check in await checks.RunAsync(node, CancellationToken.None))
            {
                yield return check.Passed
                    ? new(Weight.Fine, $"node {node.Name}, {check.Name}: works")
                    : new(
                        Weight.Wrong,
                        $"node {node.Name}, {check.Name}: {check.Detail}",
                        check.Name == "sessions"
                            ? "a webapp must run, and the node's auth_http lead to its internal port"
                            : "look at the node's addresses and users, and at its configuration (rabbitmq-conf)"
                    );
            }
        }

        if (node.Version is { } version && version < SupportedRabbitMq)
        {
            yield return new(
                Weight.Advice,
                $"node {node.Name} runs RabbitMQ {version}",
                $"{SupportedRabbitMq} holds a listener in a quarter of the memory, by MQTT; scripts/upgrade-nodes replaces it, and nobody notices"
            );
        }

        foreach (var address in (string?[])[node.ListeningAddress, node.MqttAddress])
        {
            if (address is not null && new Uri(address) is { Scheme: "ws", Host: var host } && !IsOnThisMachine(host))
            {
                yield return new(
                    Weight.Advice,
                    $"browsers are sent to {address}, without TLS",
                    "pages over https may not open it: put a proxy in front (docs/operations/tls.md)"
                );
            }
        }
    }

    private IEnumerable<Finding> LookAtSettings()
    {
        if (users.Value.Tokens == TokenUse.Off)
        {
            yield return new(
                Weight.Advice,
                "anybody may connect under any name (Users:Tokens is Off)",
                "have your issuer sign users' tokens (docs/guides/signed-users.md)"
            );
        }

        if (turn.Value.Addresses.Count == 0)
        {
            yield return new(
                Weight.Advice,
                "there is no TURN server",
                "one call in ten can't be made without: Turn:Addresses and Turn:Secret"
            );
        }

        if (
            proxies.Value.TrustedNetworks.Count == 0
            && catalog.Nodes.Any(node => node.ListeningAddress.StartsWith("wss:", StringComparison.Ordinal))
        )
        {
            yield return new(
                Weight.Advice,
                "no proxy is trusted, and nodes are behind one (wss://)",
                "name it in Proxies:TrustedNetworks, or all users count as one address"
            );
        }

        foreach (var listener in listeners.Value.Internal.Split(';'))
        {
            if (Uri.TryCreate(listener, UriKind.Absolute, out var address) && !IsOnThisMachine(address.Host))
            {
                yield return new(
                    Weight.Advice,
                    $"the internal port listens at {address.Authority}",
                    "have the firewall let in nobody but nodes and operators"
                );
            }
        }
    }

    private static bool IsOnThisMachine(string? host) =>
        host is null or "" or "localhost"
        || host.StartsWith('/')
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}
