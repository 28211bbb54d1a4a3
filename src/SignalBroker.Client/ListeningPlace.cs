namespace SignalBroker.Client;

/// <summary>Where a client would like to listen.</summary>
public sealed record ListeningPlace
{
    /// <summary>The region that it is in, as the server's operator calls it: it gets a node there, or else in the next region that has room.</summary>
    /// <remarks><see cref="ServerRegions.FindNearestAsync"/> finds the nearest.</remarks>
    public string? Region { get; init; }

    /// <summary>Among the nodes of a region, those with the most of these labels come first; at most 16.</summary>
    public IReadOnlyList<string>? Labels { get; init; }

    /// <summary>
    /// Any word of at most 255 characters, such as a room's name: clients that give the same one get the same node, as long as it is not
    /// much fuller than others.
    /// </summary>
    public string? Near { get; init; }
}
