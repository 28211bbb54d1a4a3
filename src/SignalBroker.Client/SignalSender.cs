using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using SignalBroker.Client.Http;
using SignalBroker.Client.Sending;

namespace SignalBroker.Client;

/// <summary>Who can send signals: a user who listens, or an application.</summary>
public abstract class SignalSender
{
    private readonly TimeProvider time;

    private protected SignalSender(TimeProvider time) => this.time = time;

    /// <summary>
    /// Sends any JSON. Signals to one user, room or session go one after the other, in the order of the calls; one that
    /// the server can't take at the moment is tried again for its time to live, 30 s if none is said.
    /// </summary>
    /// <param name="to">
    /// A user's id, for all listening sessions of the user; or <see cref="Addressee.OfDevice"/>, or
    /// <see cref="Addressee.OfSession"/>.
    /// </param>
    /// <param name="content">The content; with the rest of the request at most 64 KiB.</param>
    /// <param name="options">Further options; null for none.</param>
    /// <param name="cancellationToken">Cancels the signal; one already on its way may still arrive.</param>
    /// <returns>
    /// The outcome at each session, and whether the signal is stored. While a client reconnects, up to 100 wait.
    /// </returns>
    /// <exception cref="SignalNotSentException">It was not sent; the code says why.</exception>
    /// <exception cref="UserNotListeningException">The addressee has no session that listens, and it is not stored.</exception>
    /// <exception cref="InboxFullException">The addressee has as many stored signals as allowed, or as many of the sender's.</exception>
    /// <exception cref="ServerRefusedException">The server refused it for another reason.</exception>
    /// <exception cref="ServerUnreachableException">The server did not answer: it may have been sent.</exception>
    /// <exception cref="OperationCanceledException">The caller cancelled it.</exception>
    public Task<Sent> SendAsync(
        Addressee to,
        JsonElement content,
        SendOptions? options = null,
        CancellationToken cancellationToken = default
    ) => SendToUserAsync(OutgoingSignal.Write(to, options, time, content.WriteTo), cancellationToken);

    /// <summary>Sends an object as JSON, without reflection.</summary>
    /// <param name="to">
    /// A user's id, for all listening sessions of the user; or <see cref="Addressee.OfDevice"/>, or
    /// <see cref="Addressee.OfSession"/>.
    /// </param>
    /// <param name="content">The content.</param>
    /// <param name="contentType">How the content is written, from a <c>JsonSerializerContext</c>.</param>
    /// <param name="options">Further options; null for none.</param>
    /// <param name="cancellationToken">Cancels the signal; one already on its way may still arrive.</param>
    /// <exception cref="NotSupportedException">At once: the content can't be written as JSON.</exception>
    /// <inheritdoc cref="SendAsync(Addressee, JsonElement, SendOptions?, CancellationToken)"/>
    // Otherwise it would be ambiguous whose options a "new() { … }" are.
    [OverloadResolutionPriority(-1)]
    public Task<Sent> SendAsync<T>(
        Addressee to,
        T content,
        JsonTypeInfo<T> contentType,
        SendOptions? options = null,
        CancellationToken cancellationToken = default
    ) => SendToUserAsync(OutgoingSignal.Write(to, options, time, Writing(content, contentType)), cancellationToken);

    /// <summary>Sends an object as JSON in camelCase, by reflection, as it is at this moment.</summary>
    /// <exception cref="NotSupportedException">At once: the content can't be written as JSON, or would arrive as <c>{}</c>.</exception>
    /// <inheritdoc cref="SendAsync(Addressee, JsonElement, SendOptions?, CancellationToken)"/>
    [RequiresUnreferencedCode("Pass the content's JsonTypeInfo where code is trimmed.")]
    [RequiresDynamicCode("Pass the content's JsonTypeInfo where code is compiled ahead of time.")]
    public Task<Sent> SendAsync<T>(
        Addressee to,
        T content,
        SendOptions? options = null,
        CancellationToken cancellationToken = default
    ) => SendToUserAsync(OutgoingSignal.Write(to, options, time, Writing(content)), cancellationToken);

    /// <summary>
    /// Sends any JSON to the members of a room. The session that sends it does not get it; the sender's other sessions
    /// do. Order and waiting are as for any signal.
    /// </summary>
    /// <param name="room">The room's id, such as <see cref="Room.Id"/>.</param>
    /// <param name="content">The content; with the rest of the request at most 64 KiB.</param>
    /// <param name="options">
    /// Further options, such as the one member that it is for (<see cref="SendOptions.ToMember"/>); null for none.
    /// </param>
    /// <param name="cancellationToken">Cancels the signal; one already on its way may still arrive.</param>
    /// <returns>How many it reached.</returns>
    /// <exception cref="RoomNotFoundException">There is no such room, or no such member in it.</exception>
    /// <exception cref="ForbiddenException">The sender is no member, or may only reach the host.</exception>
    /// <exception cref="UserNotListeningException">The one member that it is for does not listen.</exception>
    /// <exception cref="SignalNotSentException">It was not sent; the code says why.</exception>
    /// <exception cref="ServerRefusedException">The server refused it for another reason.</exception>
    /// <exception cref="ServerUnreachableException">The server did not answer: it may have been sent.</exception>
    /// <exception cref="OperationCanceledException">The caller cancelled it.</exception>
    public Task<SentToRoom> SendToRoomAsync(
        string room,
        JsonElement content,
        SendOptions? options = null,
        CancellationToken cancellationToken = default
    ) => SendToRoomAsync(OutgoingSignal.Write(Of(room, options), options, time, content.WriteTo), cancellationToken);

    /// <summary>Sends an object as JSON to the members of a room, without reflection.</summary>
    /// <param name="room">The room's id, such as <see cref="Room.Id"/>.</param>
    /// <param name="content">The content.</param>
    /// <param name="contentType">How the content is written, from a <c>JsonSerializerContext</c>.</param>
    /// <param name="options">Further options; null for none.</param>
    /// <param name="cancellationToken">Cancels the signal; one already on its way may still arrive.</param>
    /// <exception cref="NotSupportedException">At once: the content can't be written as JSON.</exception>
    /// <inheritdoc cref="SendToRoomAsync(string, JsonElement, SendOptions?, CancellationToken)"/>
    [OverloadResolutionPriority(-1)]
    public Task<SentToRoom> SendToRoomAsync<T>(
        string room,
        T content,
        JsonTypeInfo<T> contentType,
        SendOptions? options = null,
        CancellationToken cancellationToken = default
    ) =>
        SendToRoomAsync(
            OutgoingSignal.Write(Of(room, options), options, time, Writing(content, contentType)),
            cancellationToken
        );

    /// <summary>Sends an object as JSON in camelCase to the members of a room, by reflection.</summary>
    /// <exception cref="NotSupportedException">At once: the content can't be written as JSON, or would arrive as <c>{}</c>.</exception>
    /// <inheritdoc cref="SendToRoomAsync(string, JsonElement, SendOptions?, CancellationToken)"/>
    [RequiresUnreferencedCode("Pass the content's JsonTypeInfo where code is trimmed.")]
    [RequiresDynamicCode("Pass the content's JsonTypeInfo where code is compiled ahead of time.")]
    public Task<SentToRoom> SendToRoomAsync<T>(
        string room,
        T content,
        SendOptions? options = null,
        CancellationToken cancellationToken = default
    ) => SendToRoomAsync(OutgoingSignal.Write(Of(room, options), options, time, Writing(content)), cancellationToken);

    /// <summary>Sends what is written when it is its turn.</summary>
    private protected abstract Task<ExchangeAnswer> DeliverAsync(
        OutgoingSignal signal,
        CancellationToken cancellationToken
    );

    private static Addressee Of(string room, SendOptions? options) => Addressee.OfRoom(room, options?.ToMember);

    private static Action<Utf8JsonWriter> Writing<T>(T content, JsonTypeInfo<T> type) =>
        writer => JsonSerializer.Serialize(writer, content, type);

    [RequiresUnreferencedCode("It finds the content's members by reflection.")]
    [RequiresDynamicCode("It finds the content's members by reflection.")]
    private static Action<Utf8JsonWriter> Writing<T>(T content) =>
        writer => JsonSerializer.Serialize(writer, content, ContentOptions.Value);

    private async Task<Sent> SendToUserAsync(OutgoingSignal signal, CancellationToken cancellationToken)
    {
        var answer = await DeliverAsync(signal, cancellationToken);
        return new(answer.Id ?? "", answer.Sessions ?? [])
        {
            IsStored = answer.Outcome == "stored",
            IsHidden = answer.Outcome == "accepted",
        };
    }

    private async Task<SentToRoom> SendToRoomAsync(OutgoingSignal signal, CancellationToken cancellationToken)
    {
        var answer = await DeliverAsync(signal, cancellationToken);
        return new(answer.Id ?? "", answer.Room ?? "", answer.Members, answer.Listening, answer.Nodes ?? [])
        {
            Stored = answer.Stored,
            Full = answer.Full,
            IsHidden = answer.Outcome is not null,
        };
    }
}
