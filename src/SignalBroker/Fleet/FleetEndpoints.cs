using System.Text.Json;
using Microsoft.AspNetCore.Mvc;
using SignalBroker.Nodes;
using SignalBroker.Sessions;

namespace SignalBroker.Fleet;

/// <summary><c>/admin/nodes</c>: shows, adds, changes, drains and removes nodes while the webapps run.</summary>
internal sealed class FleetEndpoints(
    FleetStore store,
    FleetWatch watch,
    NodeCatalog catalog,
    NodeCredentials credentials,
    NodeChecks checks,
    SessionStore sessions,
    TimeProvider clock
)
{
    // A webapp may take so long to know a node, and until all do, some refuse its questions.
    private static readonly TimeSpan Spreading = TimeSpan.FromSeconds(2.5);
    private static readonly TimeSpan BetweenTries = TimeSpan.FromSeconds(0.5);

    private static readonly Problem NotFound = Problem.Of(
        StatusCodes.Status404NotFound,
        "node-not-found",
        "There is no node of this name."
    );

    private static readonly Problem Configured = Problem.Of(
        StatusCodes.Status409Conflict,
        "node-configured",
        "The settings (Nodes:) describe this node: change it there, and restart the webapps one by one."
    );

    /// <summary>Lists the nodes as this webapp sees them.</summary>
    /// <remarks>On the internal port only.</remarks>
    public IResult List() => TypedResults.Ok(catalog.Nodes.Select(NodeReport.Of).Concat(watch.Unusable));

    /// <summary>Adds a node, or describes one anew that was added before.</summary>
    /// <remarks>
    /// On the internal port only. The node is tried first, which takes some seconds; it is added only if everything works, and
    /// all webapps use it at once.
    /// </remarks>
    public async Task<IResult> PutAsync(string name, HttpRequest request)
    {
        if (!NodeRules.IsName(name))
        {
            return Problem.InvalidMember("name", $"must have {NodeRules.NameRule}");
        }

        var definition = await JsonBody.ReadAsync(request, FleetJson.Default.NodeDefinition);
        if (FirstWrong(definition) is { } wrong)
        {
            return wrong;
        }

        if (catalog.TryGet(name, out var known) && known.IsConfigured)
        {
            return Configured;
        }

        if (credentials.Find(name) is null)
        {
            return Problem.Of(
                StatusCodes.Status409Conflict,
                "node-credentials-missing",
                $"The webapps can't log in to the node: their settings need NodeCredentials for {name}, or for all nodes."
            );
        }

        var before = await store.FindAsync(name);
        var after = StoredOf(name, definition);
        var failed = before is { IsChecked: true } && HasSameAddresses(before, after) ? [] : await TryAsync(after);
        if (failed.Count > 0)
        {
            await (before?.AmqpAddress is null ? store.DeleteAsync(name) : store.PutAsync(before));
            await watch.LookAsync();
            return Problem
                .Of(
                    StatusCodes.Status422UnprocessableEntity,
                    "node-check-failed",
                    string.Join(
                        " ",
                        failed
                            .Where(check => !check.Passed)
                            .Select(check => $"{check.Name}: {check.Detail?.TrimEnd('.')}.")
                    )
                )
                .With(writer =>
                {
                    writer.WritePropertyName("checks"u8);
                    JsonSerializer.Serialize(writer, failed, FleetJson.Default.IReadOnlyListNodeCheck);
                });
        }

        await store.PutAsync(after with { IsChecked = true });
        return await ReportAsync(
            name,
            before?.AmqpAddress is null ? StatusCodes.Status201Created : StatusCodes.Status200OK
        );
    }

    /// <summary>Changes a node: begins to drain it, ends that, or gives it another capacity, region or labels.</summary>
    /// <remarks>On the internal port only. What the settings describe can only be drained.</remarks>
    public async Task<IResult> PatchAsync(string name, HttpRequest request)
    {
        var change = await JsonBody.ReadAsync(request, FleetJson.Default.NodeChange);
        if (FirstWrong(change.Capacity, change.Region, change.Labels) is { } wrong)
        {
            return wrong;
        }

        if (change.State is not (null or NodeChange.Ready or NodeChange.Draining))
        {
            return Problem.InvalidWord("state", NodeChange.Ready, NodeChange.Draining);
        }

        if (!catalog.TryGet(name, out var node))
        {
            return NotFound;
        }

        if (change is not { Capacity: null, Region: null, Labels: null })
        {
            if (node.IsConfigured || await store.FindAsync(name) is not { AmqpAddress: not null } stored)
            {
                return Configured;
            }

            await store.PutAsync(
                stored with
                {
                    Capacity = change.Capacity ?? stored.Capacity,
                    Region = change.Region ?? stored.Region,
                    Labels = [.. change.Labels ?? stored.Labels],
                }
            );
        }

        if (change.State is { } state)
        {
            await store.DrainAsync(name, state == NodeChange.Draining);
        }

        return await ReportAsync(name, StatusCodes.Status200OK);
    }

    /// <summary>Takes a node away that is drained, or lost for good.</summary>
    /// <remarks>
    /// On the internal port only. With <c>sessions=forget</c> the sessions of a lost node end, and their users count as away: it
    /// never comes back.
    /// </remarks>
    public async Task<IResult> DeleteAsync(string name, [FromQuery(Name = "sessions")] string? fate)
    {
        if (fate is not (null or "forget"))
        {
            return Problem.InvalidWord("sessions", "forget");
        }

        if (!catalog.TryGet(name, out var node) && await store.FindAsync(name) is null)
        {
            return NotFound;
        }

        var held = (await sessions.CountByNodeAsync()).GetValueOrDefault(name);
        if (held > 0 && (fate is null || node is { IsReached: true }))
        {
            return Problem.Of(
                StatusCodes.Status409Conflict,
                "node-holds-sessions",
                node is { IsReached: true }
                    ? $"The node holds {held} sessions. Drain it first."
                    : $"The node holds {held} sessions. If it never comes back, add ?sessions=forget."
            );
        }

        if (node is { IsReached: true, Plan.DrainsSince: null, IsConfigured: false })
        {
            return Problem.Of(
                StatusCodes.Status409Conflict,
                "node-in-use",
                "The node takes new sessions. Drain it first."
            );
        }

        if (node is { IsConfigured: true } && held == 0)
        {
            return Configured;
        }

        if (held > 0)
        {
            await sessions.ForgetNodeAsync(name);
        }

        await store.DeleteAsync(name);
        await watch.LookAsync();
        return TypedResults.NoContent();
    }

    /// <summary>Moves sessions from nodes that hold more than their share to those that hold less.</summary>
    /// <remarks>
    /// On the internal port only. A node's share is what its capacity is of all nodes' that take sessions. It answers at once how many
    /// sessions each node is to lose; no more are moved than that, at the pace of <c>Fleet:MovesPerSecond</c>.
    /// </remarks>
    public async Task<IResult> RebalanceAsync()
    {
        var nodes = catalog.Nodes.Where(node => node.State is NodeState.Ready or NodeState.Full).ToArray();
        var counts = await sessions.CountByNodeAsync();
        double total = nodes.Sum(CountOf);
        double capacity = nodes.Sum(node => node.Capacity);
        var surplus = nodes
            .Select(node => (node.Name, Surplus: CountOf(node) - (int)Math.Ceiling(total * node.Capacity / capacity)))
            .Where(node => node.Surplus > 0)
            .ToDictionary(node => node.Name, node => node.Surplus);
        await store.SetSurplusAsync(surplus);
        return TypedResults.Ok(surplus.Select(node => new NodeSurplus(node.Key, node.Value)));

        int CountOf(Node node) => counts.GetValueOrDefault(node.Name);
    }

    /// <summary>Tries whether a node is set up as sessions need it.</summary>
    /// <remarks>On the internal port only. It takes some seconds, and changes nothing.</remarks>
    public async Task<IResult> CheckAsync(string name, CancellationToken cancellationToken) =>
        catalog.TryGet(name, out var node) ? TypedResults.Ok(await checks.RunAsync(node, cancellationToken)) : NotFound;

    private async Task<IResult> ReportAsync(string name, int status)
    {
        await watch.LookAsync();
        return catalog.TryGet(name, out var node)
            ? TypedResults.Json(NodeReport.Of(node), FleetJson.Default.NodeReport, statusCode: status)
            : NotFound;
    }

    // What has failed, with what has not beside it; nothing where all is well.
    private async Task<IReadOnlyList<NodeCheck>> TryAsync(StoredNode candidate)
    {
        await store.PutAsync(candidate);
        await watch.LookAsync();
        var begun = clock.GetTimestamp();
        while (true)
        {
            IReadOnlyList<NodeCheck> tried = catalog.TryGet(candidate.Name, out var node)
                ? await checks.RunAsync(node, CancellationToken.None)
                : [];
            if (tried.Count > 0 && tried.All(check => check.Passed))
            {
                return [];
            }

            if (clock.GetElapsedTime(begun) >= Spreading)
            {
                return tried;
            }

            await Task.Delay(BetweenTries, clock);
        }
    }

    private static bool HasSameAddresses(StoredNode one, StoredNode other) =>
        (one.ListeningAddress, one.MqttAddress, one.Stomp, one.AmqpAddress, one.ManagementAddress)
        == (other.ListeningAddress, other.MqttAddress, other.Stomp, other.AmqpAddress, other.ManagementAddress);

    private static StoredNode StoredOf(string name, NodeDefinition definition) =>
        new()
        {
            Name = name,
            ListeningAddress = definition.ListeningAddress,
            MqttAddress = definition.MqttAddress,
            Stomp = definition.Stomp,
            AmqpAddress = definition.AmqpAddress,
            ManagementAddress = definition.ManagementAddress,
            Capacity = definition.Capacity,
            Region = definition.Region,
            Labels = [.. definition.Labels ?? []],
        };

    private static Problem? FirstWrong(NodeDefinition definition)
    {
        var options = new NodeOptions
        {
            ListeningAddress = Parse(definition.ListeningAddress),
            MqttAddress = definition.MqttAddress is null ? null : Parse(definition.MqttAddress),
            Stomp = definition.Stomp,
            AmqpAddress = Parse(definition.AmqpAddress),
            ManagementAddress = Parse(definition.ManagementAddress),
            Labels = [.. definition.Labels ?? []],
        };
        return NodeRules.FirstBroken(options) is { } broken ? Invalid(broken)
            : options.AmqpAddress!.UserInfo.Length > 0 ? WithPassword("amqpAddress")
            : options.ManagementAddress!.UserInfo.Length > 0 ? WithPassword("managementAddress")
            : FirstWrong(definition.Capacity, definition.Region, definition.Labels);
    }

    private static Problem? FirstWrong(int? capacity, string? region, IReadOnlyList<string>? labels) =>
        capacity is < 0 or > NodeDefinition.LargestCapacity
            ? Problem.InvalidMember("capacity", $"must be a number from 0 to {NodeDefinition.LargestCapacity}")
        : NodeRules.FirstBroken(region, labels) is { } broken ? Invalid(broken)
        : null;

    private static Problem Invalid((string Setting, string Rule) broken) =>
        Problem.InvalidMember(JsonNamingPolicy.CamelCase.ConvertName(broken.Setting), broken.Rule);

    private static Problem WithPassword(string member) =>
        Problem.InvalidMember(member, "must not hold a user or a password: those are in the webapps' NodeCredentials");

    private static Uri? Parse(string? address) => Uri.TryCreate(address, UriKind.Absolute, out var uri) ? uri : null;
}
