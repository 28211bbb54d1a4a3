namespace SignalBroker.Client;

/// <summary>What became of a signal in a room; it counts, and names nobody.</summary>
/// <param name="Id">The signal's name, as its receivers see it.</param>
/// <param name="Room">The room.</param>
/// <param name="Members">How many other members it is for.</param>
/// <param name="Listening">How many of them have a session that listens.</param>
/// <param name="Nodes">What became of it, for each node that they listen on.</param>
public sealed record SentToRoom(string Id, string Room, int Members, int Listening, IReadOnlyList<DeliveryToNode> Nodes)
{
    /// <summary>For how many of the members it is stored; null if it is not to be.</summary>
    public int? Stored { get; init; }

    /// <summary>How many members do not get it because they have as many stored signals as allowed; null if it is not stored.</summary>
    public int? Full { get; init; }

    /// <summary>Whether the sender may not know who listens; <see cref="Nodes"/> is empty then.</summary>
    public bool IsHidden { get; init; }
}
