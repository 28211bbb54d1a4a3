using SignalBroker.Nodes;
using SignalBroker.Sessions;

namespace SignalBroker.Connect;

/// <summary>A node for a session that is about to be opened.</summary>
/// <param name="Node">Where it is to listen.</param>
/// <param name="Wanted">The region that it was wanted in; null for any.</param>
/// <param name="Turn">Its part of what the node takes in a second.</param>
internal sealed record Place(Node Node, string? Wanted, Reservation Turn) : IDisposable
{
    /// <summary>Gives the turn back, unless the session has been opened.</summary>
    public void Dispose() => Turn.Dispose();
}

/// <summary>Finds the node for a session, and gives no node more of them at once than it may have.</summary>
/// <remarks>After the loss of a node all its clients come at the same time, and the others are to survive that.</remarks>
internal sealed class Placing(
    NodeCatalog nodes,
    Regions regions,
    SessionsMetrics metrics,
    LimitMetrics limits,
    IOptions<SessionsOptions> options,
    TimeProvider clock
)
{
    private const string OfNode = $"{SessionsOptions.Section}:{nameof(SessionsOptions.PerSecondOfNode)}";

    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(5);

    private readonly TokenBuckets<string> turns = new(options.Value.PerSecondOfNode, clock);

    /// <summary>Finds a node; null when none takes sessions at the moment.</summary>
    /// <param name="retry">When to try again, if there is none.</param>
    public Place? Find(ConnectRequest wanted, Predecessor? predecessor, out TimeSpan retry)
    {
        var region =
            wanted.Region ?? (predecessor?.Node is { } last && nodes.TryGet(last, out var old) ? old.Region : null);
        var placement = new Placement(
            region,
            region is null ? null : regions.After(region),
            wanted.Labels,
            wanted.Near,
            predecessor?.Node,
            predecessor is { IsThere: true }
        );
        HashSet<Node>? busy = null;
        while (nodes.Choose(Random.Shared, placement, busy) is { } node)
        {
            if (turns.Reserve(node.Name) is { Wait: null } turn)
            {
                retry = TimeSpan.Zero;
                return new(node, region, turn);
            }

            (busy ??= []).Add(node);
        }

        if (busy is not null)
        {
            limits.Refused(OfNode);
        }

        // Those who are too many now are not to come at the same time again.
        retry = busy is null ? Retry : TimeSpan.FromSeconds(Random.Shared.Next(1, (int)Retry.TotalSeconds + 1));
        return null;
    }

    /// <summary>Notes that the session has been opened.</summary>
    public void Opened(Place place)
    {
        place.Turn.Keep();
        place.Node.AddSession();
        metrics.Opened(place.Node.Name);
        if (regions.IsElsewhere(place.Wanted, place.Node))
        {
            metrics.Spilled(place.Wanted!, place.Node.Name);
        }
    }
}
