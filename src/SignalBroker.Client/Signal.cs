using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace SignalBroker.Client;

/// <summary>A signal as it arrives. The server vouches for who sent it, to whom and when; the rest is the sender's.</summary>
public sealed record Signal
{
    /// <summary>The type of the signals that the server itself writes about rooms.</summary>
    internal const string RoomType = "room";

    private const string ReceiptType = "receipt";

    /// <summary>The signal's name, unique for its sender.</summary>
    public required string Id { get; init; }

    /// <summary>
    /// The user who sent it; null where <see cref="FromApplication"/> did, an anonymous member of a room, or the
    /// server.
    /// </summary>
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

    /// <summary>Whether the server itself has written it: a <see cref="Receipt"/> or a <see cref="RoomChange"/>.</summary>
    public bool IsFromServer => From is null && FromApplication is null && FromMember is null;

    /// <summary>The user whom it was sent to; empty in a room, and when the server itself has written it.</summary>
    public required string To { get; init; }

    /// <summary>The one device of the user that it was sent to; null when it was sent to all.</summary>
    public string? Device { get; init; }

    /// <summary>The member id of the one member of the room that it was sent to; null when it was sent to all.</summary>
    public string? ToMember { get; init; }

    /// <summary>What it is about; null when the sender does not say.</summary>
    public required string? Type { get; init; }

    /// <summary>When the server accepted it, by the server's clock, in whole milliseconds.</summary>
    public required DateTimeOffset SentAt { get; init; }

    /// <summary>Until when it is of use, by the server's clock; null when the sender does not say.</summary>
    public required DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>
    /// The stored signal's place in the user's inbox, which counts up by one for each; null for one that is not stored.
    /// </summary>
    public long? Sequence { get; init; }

    /// <summary>The sender's JSON; <c>Content.Deserialize(typeInfo)</c> makes an object of it.</summary>
    public required JsonElement Content { get; init; }

    /// <summary>What has become of a signal whose sender wanted to know; null for any other signal.</summary>
    public Receipt? Receipt =>
        IsFromServer && Type == ReceiptType ? Read(InboxJson.Default.ToldReceipt)?.ToReceipt() : null;

    /// <summary>What has happened to the members of a room; null for any other signal.</summary>
    public RoomChange? RoomChange =>
        IsFromServer && Type == RoomType ? Read(RoomsJson.Default.ToldChange)?.ToChange() : null;

    /// <summary>Where it is settled; null for a signal that does not come from a client.</summary>
    internal ClientInbox? Inbox { get; init; }

    /// <summary>
    /// Settles a stored signal: the user's device has done with it, so that it never comes to it again. Many are
    /// settled together; while the client reconnects, they wait.
    /// </summary>
    /// <param name="cancellationToken">Ends the waiting for the confirmation; it is settled all the same.</param>
    /// <returns>Ends when the server has confirmed it; at once for a signal that is not stored.</returns>
    /// <exception cref="SignalNotSentException">The client was closed before: the signal comes again.</exception>
    /// <exception cref="ServerRefusedException">The server refused it.</exception>
    /// <exception cref="OperationCanceledException">The caller ended the waiting.</exception>
    public Task SettleAsync(CancellationToken cancellationToken = default) =>
        Inbox is not null && Sequence is { } sequence
            ? Inbox.Arrivals.SettleAsync(sequence).WaitAsync(cancellationToken)
            : Task.CompletedTask;

    private T? Read<T>(JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return Content.Deserialize(type);
        }
        catch (JsonException)
        {
            // A newer server's, perhaps.
            return null;
        }
    }
}
