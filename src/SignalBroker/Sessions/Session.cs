using System.Net;
using SignalBroker.Broker;

namespace SignalBroker.Sessions;

/// <summary>One listening device of one user, as far as routing needs to know it.</summary>
internal sealed record Session
{
    /// <summary>The session's public name: STOMP login, queue name, event header, column.</summary>
    public required string ListeningKey { get; init; }

    /// <summary>
    /// The name under which others know the session, and may send to it: its own key, or that of the first in its line of
    /// successors.
    /// </summary>
    public string KnownAs
    {
        get => field ?? ListeningKey;
        init;
    }

    /// <summary>The key of the session that this one takes over from; null for most.</summary>
    public string? Predecessor { get; init; }

    public required string UserId { get; init; }

    /// <summary>What the user calls the device; null when it has no name.</summary>
    public string? Device { get; init; }

    /// <summary>The name of the node that holds the session's queue.</summary>
    public required string Node { get; init; }

    /// <summary>By what a socket has logged in with the session's key; null while none has.</summary>
    public ListeningProtocol? Protocol { get; init; }

    /// <summary>The name of the session's queue.</summary>
    public string Queue => field ??= Topology.QueueOf(ListeningKey, Protocol ?? ListeningProtocol.Stomp);

    /// <summary>The SHA-256 of the session's passcode.</summary>
    public required byte[] PasscodeSha256 { get; init; }

    /// <summary>
    /// The address whose budgets the session uses up; null when an application has opened it, for users of many addresses.
    /// </summary>
    public IPAddress? Address { get; init; }

    /// <summary>Whether the session was opened in the original project's way; its key is its secret then.</summary>
    public bool OriginalClient { get; init; }

    /// <summary>Whether a socket has logged in with the session's key.</summary>
    public bool Admitted { get; init; }

    /// <summary>
    /// Whether the broker has said that the session's queue exists. An admitted session without an ack may be
    /// listening already: the broker's event has just not been handled yet.
    /// </summary>
    public bool Ack { get; init; }
}
