using System.Text.Json.Serialization;

namespace SignalBroker.Moderation;

/// <summary>What <c>POST /sessions/end</c> takes: exactly one target, and why.</summary>
/// <param name="ListeningKey">One session.</param>
/// <param name="UserId">All of a user's.</param>
/// <param name="Address">All that were opened from an IP address, or from a network such as <c>192.0.2.0/24</c>.</param>
/// <param name="Node">All on a node.</param>
/// <param name="Reason">Why: up to 200 characters, which the clients are told and the audit log keeps.</param>
internal sealed record EndRequest(
    string? ListeningKey = null,
    string? UserId = null,
    string? Address = null,
    string? Node = null,
    string? Reason = null
);

/// <summary>What <c>POST /sessions/end</c> answers.</summary>
/// <param name="Ended">How many sessions there were.</param>
internal sealed record EndAnswer(int Ended);

/// <summary>What <c>PUT /blocks</c> takes.</summary>
/// <param name="UserId">The user who may not connect any more.</param>
/// <param name="Until">Until when, with a time zone (RFC 3339).</param>
/// <param name="Reason">Why: up to 200 characters, which the user is told and the audit log keeps.</param>
internal sealed record BlockRequest(string? UserId = null, DateTimeOffset? Until = null, string? Reason = null);

/// <summary>A user who may not connect.</summary>
/// <param name="UserId">The user.</param>
/// <param name="Until">Until when.</param>
/// <param name="Reason">Why; left out if nobody said so.</param>
/// <param name="By">The name of the application that blocked the user, or <c>operator</c>.</param>
/// <param name="BlockedAt">When.</param>
internal sealed record Block(string UserId, DateTime Until, string? Reason, string By, DateTime BlockedAt);

/// <summary>What <c>PUT /blocks</c> answers.</summary>
/// <param name="UserId">The user.</param>
/// <param name="Until">Until when it may not connect.</param>
/// <param name="Ended">How many sessions of the user were ended.</param>
internal sealed record BlockAnswer(string UserId, DateTime Until, int Ended);

/// <summary>What <c>DELETE /users</c> answers.</summary>
/// <param name="UserId">The user.</param>
/// <param name="Ended">How many sessions of the user were ended.</param>
internal sealed record EraseAnswer(string UserId, int Ended);

/// <summary>What <c>GET /blocks</c> answers.</summary>
/// <param name="Blocks">In the order of the bytes of the user ids.</param>
/// <param name="Next">The next page's <c>after</c>; left out on the last page.</param>
internal sealed record BlocksAnswer(IReadOnlyList<Block> Blocks, string? Next);

/// <summary>Something that was done, as the audit log has it.</summary>
/// <param name="Id">Its number; newer ones have greater ones.</param>
/// <param name="At">When.</param>
/// <param name="Act">What was done.</param>
/// <param name="By">The name of the application whose service key it was, or <c>operator</c>.</param>
/// <param name="Address">Where the request came from.</param>
/// <param name="TargetKind">What it was done to.</param>
/// <param name="Target">Which one: a listening key, a user id, an address or a node's name.</param>
/// <param name="Until">Until when the user may not connect.</param>
/// <param name="Sessions">How many sessions it has ended.</param>
/// <param name="Reason">Why; left out if nobody said so.</param>
internal sealed record AuditEntry(
    long Id,
    DateTime At,
    ActKind Act,
    string By,
    string Address,
    TargetKind TargetKind,
    string Target,
    DateTime? Until,
    int Sessions,
    string? Reason
);

/// <summary>The JSON bodies about ending, blocking and the record of it.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(EndRequest))]
[JsonSerializable(typeof(EndAnswer))]
[JsonSerializable(typeof(BlockRequest))]
[JsonSerializable(typeof(BlockAnswer))]
[JsonSerializable(typeof(EraseAnswer))]
[JsonSerializable(typeof(BlocksAnswer))]
[JsonSerializable(typeof(IReadOnlyList<AuditEntry>))]
internal sealed partial class ModerationJson : JsonSerializerContext;
