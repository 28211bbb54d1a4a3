using System.Net;
using System.Text.Json.Serialization;

namespace SignalBroker.Moderation;

/// <summary>What can be done to sessions and users.</summary>
[JsonConverter(typeof(CamelCaseEnum<ActKind>))]
internal enum ActKind
{
    /// <summary>Sessions are ended.</summary>
    End,

    /// <summary>A user's sessions are ended, and it may not connect until a time.</summary>
    Block,

    /// <summary>A user may connect again.</summary>
    Unblock,

    /// <summary>A user's sessions are ended, and what is kept about it is erased.</summary>
    Erase,
}

/// <summary>What an act is done to.</summary>
[JsonConverter(typeof(CamelCaseEnum<TargetKind>))]
internal enum TargetKind
{
    /// <summary>One session, by its listening key or the one that it is known under.</summary>
    Session,

    /// <summary>All sessions of a user.</summary>
    User,

    /// <summary>All sessions that were opened from an address, or from a network in CIDR notation (RFC 4632).</summary>
    Address,

    /// <summary>All sessions on a node.</summary>
    Node,
}

/// <summary>Something that was done to sessions or a user.</summary>
/// <param name="By">The name of the application whose service key it was, or <see cref="Operator"/>.</param>
/// <param name="Address">Where the request came from.</param>
/// <param name="Until">Until when the user may not connect.</param>
internal sealed record Act(
    ActKind Kind,
    string By,
    IPAddress Address,
    TargetKind TargetKind,
    string Target,
    string? Reason,
    DateTime? Until = null
)
{
    /// <summary>Whoever has come to the internal port. No application may have this name and be told apart.</summary>
    public const string Operator = "operator";

    /// <summary>What stands in the audit log for a user that has been erased.</summary>
    public const string Erased = "erased";
}
