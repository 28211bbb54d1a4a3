using SignalBroker.Nodes;

namespace SignalBroker.Connect;

/// <summary>A region, and where to find out how far away it is.</summary>
/// <param name="Region">Its name.</param>
/// <param name="Address">The WebSocket address of one of its nodes: the sooner it opens, the nearer it is.</param>
internal sealed record RegionOffer(string Region, string Address);

/// <summary>Where nodes have room.</summary>
/// <param name="Regions">The regions, by their names.</param>
internal sealed record RegionsAnswer(IReadOnlyList<RegionOffer> Regions);

/// <summary><c>GET /nodes</c>: one node of each region that has room, for clients that want to know which one is the nearest.</summary>
internal sealed class RegionsEndpoint(NodeCatalog nodes, IOptions<RegionsOptions> options)
{
    /// <summary>Tells where nodes listen.</summary>
    /// <remarks>404 <c>not-found</c> unless <c>Regions:Listed</c>. No credential is needed.</remarks>
    public IResult List(HttpContext context)
    {
        if (!options.Value.Listed)
        {
            return Problem.Of(StatusCodes.Status404NotFound, "not-found", "The regions are not listed here.");
        }

        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(
            new RegionsAnswer([
                .. nodes
                    .Nodes.Where(node => node.State == NodeState.Ready && node.Region is not null)
                    .GroupBy(node => node.Region!)
                    .OrderBy(region => region.Key, StringComparer.Ordinal)
                    .Select(region => Random.Shared.GetItems(region.ToArray(), 1)[0])
                    .Select(node => new RegionOffer(
                        node.Region!,
                        node.OffersStomp ? node.ListeningAddress : node.MqttAddress!
                    )),
            ])
        );
    }
}
