using System.Net;
using System.Text.Json.Serialization;
using SignalBroker.Http;
using SignalBroker.Identity;

namespace SignalBroker.StrangeBehaviors;

/// <summary>The things that should not happen.</summary>
[JsonConverter(typeof(CamelCaseEnum<StrangeKind>))]
internal enum StrangeKind
{
    /// <summary>A session's listener never came.</summary>
    NeverAcked,

    /// <summary>A session had its ack, and its queue was gone without an event, as after a crash of its node.</summary>
    AckedWithoutQueue,

    /// <summary>A listener's queue belongs to no session.</summary>
    QueueWithoutSession,

    /// <summary>A session declared a queue that is not exclusive, auto-delete, transient and without arguments.</summary>
    JunkQueue,

    /// <summary>A session logged in at a node that is not its own.</summary>
    WrongNode,

    /// <summary>A session logged in a second time.</summary>
    SecondAdmission,

    /// <summary>Somebody tried a credential that is wrong or unknown.</summary>
    BruteForce,

    /// <summary>A session went on sending through its socket although it was turned away again and again.</summary>
    SocketFlood,

    /// <summary>A signal that came through a socket was made to look like another session's.</summary>
    ForgedSender,
}

/// <summary>Something that should not have happened, at the moment when it is noticed.</summary>
/// <param name="Detail">What was seen, without any secret.</param>
internal sealed record StrangeSighting(StrangeKind Kind, string Detail)
{
    /// <summary>The node where it happened, if at one.</summary>
    public string? Node { get; init; }

    /// <summary>The listening key that it is about, if known.</summary>
    public string? ListeningKey { get; init; }

    /// <summary>The user that it is about; looked up by the key when left out.</summary>
    public string? UserId { get; init; }

    /// <summary>The address that it came from, if known.</summary>
    public IPAddress? Address { get; init; }

    /// <summary>The address of the session that it is about, which counts where it is not known who did it; not written down.</summary>
    public IPAddress? SessionAddress { get; init; }
}

/// <summary>A row of the record: all sightings of one kind, node, key and address in one minute.</summary>
internal sealed record StrangeBehavior
{
    /// <summary>Grows with time; page by it.</summary>
    public required long Id { get; init; }

    /// <summary>What it is.</summary>
    public required StrangeKind Kind { get; init; }

    /// <summary>The node where it happened, if at one.</summary>
    public string? Node { get; init; }

    /// <summary>The listening key that it is about; left out where no session bears the key.</summary>
    public string? ListeningKey { get; init; }

    /// <summary>The user that it is about, if known.</summary>
    public string? UserId { get; init; }

    /// <summary>The address that it came from, if known.</summary>
    public string? Address { get; init; }

    /// <summary>When it was seen first.</summary>
    public required DateTime FirstAt { get; init; }

    /// <summary>When it was seen last.</summary>
    public required DateTime LastAt { get; init; }

    /// <summary>How often it was seen.</summary>
    public required long Times { get; init; }

    /// <summary>What was seen first.</summary>
    public required string Detail { get; init; }
}
