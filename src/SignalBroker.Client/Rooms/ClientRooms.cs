using System.Text.Json;
using SignalBroker.Client.Sending;

namespace SignalBroker.Client;

/// <summary>
/// The rooms of a user: groups whose members are users, so that a member stays one over lost connections and restarts.
/// </summary>
/// <remarks>
/// Signals to rooms are sent by <c>SendToRoomAsync</c>. What arrives through a room names it in
/// <see cref="Signal.Room"/>; changes of the members come as signals too, with a <see cref="Signal.RoomChange"/>. While
/// the client reconnects, calls wait up to 30 s.
/// </remarks>
public sealed class ClientRooms
{
    private readonly SessionCalls calls;

    internal ClientRooms(SessionCalls calls) => this.calls = calls;

    /// <summary>Makes a room, whose first member and owner the user is.</summary>
    /// <param name="options">What it is like; null for a room that needs a code and in which everyone reaches everyone.</param>
    /// <param name="cancellationToken">Cancels the call; the room may still be created.</param>
    /// <returns>The room, with its <see cref="Room.JoinCode"/>, which is told only this once.</returns>
    /// <exception cref="RoomConflictException">The user is a member of as many rooms as allowed.</exception>
    /// <exception cref="ServerRefusedException">The server refused it for another reason.</exception>
    /// <exception cref="ServerUnreachableException">The server did not answer: the room may have been made.</exception>
    /// <exception cref="SignalNotSentException">The client did not listen again in time, or is closed.</exception>
    /// <exception cref="OperationCanceledException">The caller cancelled it.</exception>
    public async Task<Room> CreateAsync(RoomOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new();
        var request = new CreateRoomRequest(
            options.Name,
            options.Kind,
            options.IsOpen,
            options.MaxMembers,
            options.Alias,
            options.IsAnonymous
        );
        var body = JsonSerializer.SerializeToUtf8Bytes(request, RoomsJson.Default.CreateRoomRequest);
        var answer = await calls.AskAsync(
            HttpMethod.Post,
            "/rooms",
            body,
            RoomsJson.Default.RoomAnswer,
            isRepeatable: false,
            cancellationToken
        );
        return answer.ToRoom();
    }

    /// <summary>Makes the user a member; who is one already stays the member that it was.</summary>
    /// <param name="room">The room's id.</param>
    /// <param name="options">The room's code, and as whom to join; null where the room is open.</param>
    /// <param name="cancellationToken">Cancels the call; the user may still become a member.</param>
    /// <returns>The room, in which <see cref="Room.Me"/> is the user's member id.</returns>
    /// <exception cref="ForbiddenException">
    /// The code is missing or wrong, or the owner has removed the user a while ago.
    /// </exception>
    /// <exception cref="RoomNotFoundException">There is no such room.</exception>
    /// <exception cref="RoomConflictException">The room is full, the alias is taken or the user is in too many rooms.</exception>
    /// <exception cref="ServerRefusedException">The server refused it for another reason.</exception>
    /// <exception cref="ServerUnreachableException">The server did not answer: the user may be a member.</exception>
    /// <exception cref="SignalNotSentException">The client did not listen again in time, or is closed.</exception>
    /// <exception cref="OperationCanceledException">The caller cancelled it.</exception>
    public Task<Room> JoinAsync(string room, JoinOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new();
        var request = new JoinRoomRequest(options.JoinCode, options.Alias, options.IsAnonymous);
        var body = JsonSerializer.SerializeToUtf8Bytes(request, RoomsJson.Default.JoinRoomRequest);
        return PostAsync(PathOf(room, "/join"), body, cancellationToken);
    }

    /// <summary>Ends the user's membership, if there is one; a host closes the room by leaving.</summary>
    /// <param name="room">The room's id.</param>
    /// <param name="cancellationToken">Cancels the call; it may still be carried out.</param>
    /// <inheritdoc cref="CreateAsync" path="/exception[not(@cref='T:SignalBroker.Client.RoomConflictException')]"/>
    public Task LeaveAsync(string room, CancellationToken cancellationToken = default) =>
        calls.TellAsync(HttpMethod.Post, PathOf(room, "/leave"), cancellationToken);

    /// <summary>Lets the other members know who the user is, where it is anonymous; that can't be taken back.</summary>
    /// <param name="room">The room's id.</param>
    /// <param name="cancellationToken">Cancels the call; it may still be carried out.</param>
    /// <returns>The room.</returns>
    /// <exception cref="ForbiddenException">The user is no member.</exception>
    /// <exception cref="RoomNotFoundException">There is no such room.</exception>
    /// <inheritdoc cref="LeaveAsync"/>
    public Task<Room> RevealAsync(string room, CancellationToken cancellationToken = default) =>
        PostAsync(PathOf(room, "/reveal"), body: null, cancellationToken);

    /// <summary>
    /// Gives a room that the user owns another code: the one before lets nobody in any more. Whoever is a member stays
    /// one.
    /// </summary>
    /// <param name="room">The room's id.</param>
    /// <param name="cancellationToken">Cancels the call; it may still be carried out, so renew the code again.</param>
    /// <returns>The room, with its <see cref="Room.JoinCode"/>, which is told only this once.</returns>
    /// <exception cref="ForbiddenException">The user does not own the room.</exception>
    /// <exception cref="RoomNotFoundException">There is no such room.</exception>
    /// <exception cref="RoomConflictException">The room is open: it has no code.</exception>
    /// <inheritdoc cref="LeaveAsync"/>
    public Task<Room> RenewJoinCodeAsync(string room, CancellationToken cancellationToken = default) =>
        PostAsync(PathOf(room, "/join-code"), body: null, cancellationToken);

    /// <summary>
    /// Ends somebody else's membership, in a room that the user owns. That user can't join again for a day (unless
    /// configured otherwise), whichever code or device it has; who comes back as another user may, so renew the code as
    /// well.
    /// </summary>
    /// <param name="room">The room's id.</param>
    /// <param name="member">The member's id.</param>
    /// <param name="cancellationToken">Cancels the call; it may still be carried out.</param>
    /// <exception cref="ForbiddenException">The user does not own the room.</exception>
    /// <exception cref="RoomNotFoundException">There is no such room, or no such member in it.</exception>
    /// <inheritdoc cref="LeaveAsync"/>
    public Task RemoveAsync(string room, string member, CancellationToken cancellationToken = default) =>
        calls.TellAsync(HttpMethod.Delete, PathOf(room, "/members/", member), cancellationToken);

    /// <summary>Takes a removal back, in a room that the user owns: the removed member's user may join again.</summary>
    /// <param name="room">The room's id.</param>
    /// <param name="member">The id that the member had.</param>
    /// <param name="cancellationToken">Cancels the call; it may still be carried out.</param>
    /// <exception cref="ForbiddenException">The user does not own the room.</exception>
    /// <exception cref="RoomNotFoundException">There is no such room, or it is no member's id.</exception>
    /// <inheritdoc cref="LeaveAsync"/>
    public Task ReadmitAsync(string room, string member, CancellationToken cancellationToken = default) =>
        calls.TellAsync(HttpMethod.Delete, PathOf(room, "/removals/", member), cancellationToken);

    /// <summary>Closes a room that the user owns.</summary>
    /// <param name="room">The room's id.</param>
    /// <param name="cancellationToken">Cancels the call; it may still be carried out.</param>
    /// <exception cref="ForbiddenException">The user does not own the room.</exception>
    /// <exception cref="RoomNotFoundException">There is no such room, or none any more.</exception>
    /// <inheritdoc cref="LeaveAsync"/>
    public Task CloseAsync(string room, CancellationToken cancellationToken = default) =>
        calls.TellAsync(HttpMethod.Delete, PathOf(room), cancellationToken);

    /// <summary>Asks what a room is like: for its members, and for everybody if it is open.</summary>
    /// <param name="room">The room's id.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The room.</returns>
    /// <inheritdoc cref="RevealAsync" path="/exception"/>
    public async Task<Room> GetAsync(string room, CancellationToken cancellationToken = default) =>
        (await calls.GetAsync(PathOf(room), RoomsJson.Default.RoomAnswer, cancellationToken)).ToRoom();

    /// <summary>Asks for the rooms that the user is a member of.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The rooms.</returns>
    /// <inheritdoc cref="LeaveAsync" path="/exception"/>
    public async Task<IReadOnlyList<Room>> ListAsync(CancellationToken cancellationToken = default)
    {
        var answers = await calls.GetAsync("/rooms", RoomsJson.Default.RoomAnswerArray, cancellationToken);
        return Array.ConvertAll(answers, answer => answer.ToRoom());
    }

    /// <summary>Asks who is in a room, for its members.</summary>
    /// <param name="room">The room's id.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The members, the user among them.</returns>
    /// <inheritdoc cref="RevealAsync" path="/exception"/>
    public async Task<RoomMembers> GetMembersAsync(string room, CancellationToken cancellationToken = default) =>
        (
            await calls.GetAsync(PathOf(room, "/members"), RoomsJson.Default.MembersAnswer, cancellationToken)
        ).ToMembers();

    private async Task<Room> PostAsync(string path, ReadOnlyMemory<byte>? body, CancellationToken cancellationToken)
    {
        var answer = await calls.AskAsync(
            HttpMethod.Post,
            path,
            body,
            RoomsJson.Default.RoomAnswer,
            isRepeatable: true,
            cancellationToken
        );
        return answer.ToRoom();
    }

    private static string PathOf(string room, string rest = "") =>
        $"/rooms/{Segment(room, SignalBrokerCode.RoomNotFound)}{rest}";

    private static string PathOf(string room, string rest, string member) =>
        PathOf(room, rest + Segment(member, SignalBrokerCode.MemberNotFound));

    // Uri resolves "." and ".." however they are escaped; the server has no such ids.
    private static string Segment(string id, string notFound)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        return id is "." or ".."
            ? throw ServerRefusedException.Of(new(404, notFound, $"There is no '{id}'."))
            : Uri.EscapeDataString(id);
    }
}
