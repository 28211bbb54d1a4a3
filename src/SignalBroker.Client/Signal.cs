using System.Text.Json;

namespace SignalBroker.Client;

/// <summary>A signal as it arrives. The server vouches for who sent it, to whom and when; the rest is the sender's.</summary>
public sealed record Signal
{
    /// <summary>The signal's name, unique for its sender.</summary>
    public required string Id { get; init; }

    /// <summary>The user who sent it; null where <see cref="FromApplication"/> did, or an anonymous member of a room.</summary>
    public required string? From { get; init; }

    /// <summary>The listening key of the session that sent it, to answer it alone; null if the server does not tell.</summary>
    public required string? FromSession { get; init; }

    /// <summary>The application that sent it with a service key; null where a user did.</summary>
    public required string? FromApplication { get; init; }

    /// <summary>The room that it came through; null when it was sent to the user or the session.</summary>
    public string? Room { get; init; }

    /// <summary>The sender's member id in the room, good as <c>toMember</c> of an answer; null outside of rooms.</summary>
    public string? FromMember { get; init; }

    /// <summary>What an anonymous sender is called in the room; null when it has no alias, or is not anonymous.</summary>
    public string? FromAlias { get; init; }

    /// <summary>The user whom it was sent to; empty in a room.</summary>
    public required string To { get; init; }

    /// <summary>What it is about; null when the sender does not say.</summary>
    public required string? Type { get; init; }

    /// <summary>When the server accepted it, by the server's clock, in whole milliseconds.</summary>
    public required DateTimeOffset SentAt { get; init; }

    /// <summary>Until when it is of use, by the server's clock; null when the sender does not say.</summary>
    public required DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The sender's JSON; <c>Content.Deserialize(typeInfo)</c> makes an object of it.</summary>
    public required JsonElement Content { get; init; }
}
