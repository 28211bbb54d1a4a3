namespace SignalBroker.Nodes;

/// <summary>Where clients are, and which regions are near each other.</summary>
internal sealed class Regions(IOptions<RegionsOptions> options, NodeCatalog catalog)
{
    private readonly RegionsOptions settings = options.Value;

    /// <summary>The region that a proxy says the client is in; null if it says none.</summary>
    public string? Of(HttpRequest request) =>
        settings.Header.Length > 0 && request.Headers[settings.Header].ToString() is { Length: > 0 } region
            ? region
            : null;

    /// <summary>The regions to which sessions of this one go while its nodes have no room, nearest first.</summary>
    public IReadOnlyList<string> After(string region)
    {
        string[] before = [.. settings.Order.TakeWhile(other => other != region)];
        return [.. settings.Order.Skip(before.Length + 1), .. before];
    }

    /// <summary>Whether this node is not in the wanted region, although that has nodes.</summary>
    public bool IsElsewhere(string? region, Node node) =>
        region is not null && node.Region != region && catalog.Nodes.Any(other => other.Region == region);
}
