using System.Net;
using System.Text.Json.Serialization;

namespace SignalBroker.StrangeBehaviors;

/// <summary>What should not happen.</summary>
[JsonConverter(typeof(CamelCaseEnum<StrangeKind>))]
internal enum StrangeKind
{
    /// <summary>A session's listener never came.</summary>
    NeverAcked,

    /// <summary>An acked session's queue was gone without an event, as after a crash of its node.</summary>
    AckedWithoutQueue,

    /// <summary>A listener's queue belongs to no session.</summary>
    QueueWithoutSession,

    /// <summary>A session declared a queue that is not exclusive, auto-delete, transient and without arguments.</summary>
    JunkQueue,

    /// <summary>A session logged in to a node that is not its own.</summary>
    WrongNode,

    /// <summary>A session logged in a second time.</summary>
    SecondAdmission,

    /// <summary>Somebody tried a credential that is wrong or unknown.</summary>
    BruteForce,

    /// <summary>A session kept sending through its socket although it was refused again and again.</summary>
    SocketFlood,

    /// <summary>A signal that came through a socket was made to look like another session's.</summary>
    ForgedSender,
}

/// <summary>One sighting of strange behavior.</summary>
/// <param name="Detail">What was seen, without any secret.</param>
internal sealed record StrangeSighting(StrangeKind Kind, string Detail)
{
    /// <summary>The node where it happened, if any.</summary>
    public string? Node { get; init; }

    /// <summary>The listening key that it is about, if known.</summary>
    public string? ListeningKey { get; init; }

    /// <summary>The user that it is about; looked up by the key if left out.</summary>
    public string? UserId { get; init; }

    /// <summary>The address that it came from, if known.</summary>
    public IPAddress? Address { get; init; }

    /// <summary>The session's address: counted if <see cref="Address"/> is unknown, never stored.</summary>
    public IPAddress? SessionAddress { get; init; }
}

/// <summary>A row of the record: all sightings of one kind, node, key and address in one minute.</summary>
/// <param name="Id">Grows over time; page by it.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Node">The node where it happened, if any.</param>
/// <param name="ListeningKey">The listening key that it is about; left out if no session has that key.</param>
/// <param name="UserId">The user that it is about, if known.</param>
/// <param name="Address">The address that it came from, if known.</param>
/// <param name="FirstAt">When it was first seen.</param>
/// <param name="LastAt">When it was last seen.</param>
/// <param name="Times">How often it was seen.</param>
/// <param name="Detail">What was first seen.</param>
internal sealed record StrangeBehavior(
    long Id,
    StrangeKind Kind,
    string? Node,
    string? ListeningKey,
    string? UserId,
    string? Address,
    DateTime FirstAt,
    DateTime LastAt,
    long Times,
    string Detail
);
