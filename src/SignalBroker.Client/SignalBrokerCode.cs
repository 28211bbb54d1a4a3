namespace SignalBroker.Client;

/// <summary>
/// What <see cref="SignalBrokerException.Code"/> and <see cref="Interruption.Code"/> may be: the codes that this library
/// itself gives, and those of the server. Something on the way, such as a gateway, answers without a code: then it is
/// <see cref="PayloadTooLarge"/> for 413, <c>http-</c> and the status for 429 and from 502 on, and <see cref="Unreachable"/>
/// for anything else.
/// </summary>
public static class SignalBrokerCode
{
    /// <summary>Nobody answered, or only something on the way; whether it has done what was asked is not known.</summary>
    public const string Unreachable = "unreachable";

    /// <summary>The signal, or the question, waited for its whole time to live, and was not sent.</summary>
    public const string Expired = "expired";

    /// <summary>100 signals wait already for the client to listen again.</summary>
    public const string QueueFull = "queue-full";

    /// <summary>The client was closed.</summary>
    public const string Closed = "closed";

    /// <summary>The way on which signals come in was lost or could not be opened.</summary>
    public const string ListeningLost = "listening-lost";

    /// <summary><see cref="SignalBrokerClientOptions.Token"/> failed.</summary>
    public const string TokenUnavailable = "token-unavailable";

    /// <summary>Something unforeseen, such as a <see cref="SignalBrokerClient.StateChanged"/> handler that has thrown.</summary>
    public const string ClientFailed = "client-failed";

    /// <summary>400: the request's body can't be read.</summary>
    public const string MalformedBody = "malformed-body";

    /// <summary>400: what came through the socket does not name its sender, as this client does.</summary>
    public const string UserIdMissing = "user-id-missing";

    /// <summary>400: a user id is not one.</summary>
    public const string InvalidUserId = "invalid-user-id";

    /// <summary>400: a member of the request is out of its range, such as <see cref="SendOptions.TimeToLive"/>.</summary>
    public const string InvalidMember = "invalid-member";

    /// <summary>400: not exactly one of a user and a session is addressed.</summary>
    public const string AddresseeInvalid = "addressee-invalid";

    /// <summary>400: the signal has no content.</summary>
    public const string ContentMissing = "content-missing";

    /// <summary>400: the server can't make anything of the request.</summary>
    public const string BadRequest = "bad-request";

    /// <summary>401: the session's credential is missing, wrong or expired, or its session has ended.</summary>
    public const string Unauthorized = "unauthorized";

    /// <summary>
    /// 401: the session to resume, or to move, has ended or went too long ago; this library connects without it.
    /// </summary>
    public const string PredecessorUnknown = "predecessor-unknown";

    /// <summary>401: the server needs a token, and got none.</summary>
    public const string TokenMissing = "token-missing";

    /// <summary>401: the token is not one that the server takes.</summary>
    public const string TokenInvalid = "token-invalid";

    /// <summary>401: the token's time is over.</summary>
    public const string TokenExpired = "token-expired";

    /// <summary>401: no application has this service key.</summary>
    public const string ServiceKeyInvalid = "service-key-invalid";

    /// <summary>401: this takes an application's service key.</summary>
    public const string ServiceKeyMissing = "service-key-missing";

    /// <summary>403: the token is another user's.</summary>
    public const string UserIdMismatch = "user-id-mismatch";

    /// <summary>403: the user may not connect until a time, which the message says.</summary>
    public const string UserBlocked = "user-blocked";

    /// <summary>403: the server's internal port, from an address that may not use it.</summary>
    public const string AddressNotAllowed = "address-not-allowed";

    /// <summary>403: the server's internal port, under a host name that it is not known by.</summary>
    public const string HostNotAllowed = "host-not-allowed";

    /// <summary>403: from a page of another site, which the server's <c>Cors:Origins</c> does not name.</summary>
    public const string OriginNotAllowed = "origin-not-allowed";

    /// <summary>403: only the room's members may do it.</summary>
    public const string NotAMember = "not-a-member";

    /// <summary>403: only the room's owner may do it.</summary>
    public const string NotTheOwner = "not-the-owner";

    /// <summary>403: the room is not open, and its code is missing or wrong.</summary>
    public const string JoinCodeWrong = "join-code-wrong";

    /// <summary>403: the room's owner has removed the user, who can't join it again so soon.</summary>
    public const string RemovedFromRoom = "removed-from-room";

    /// <summary>403: the members of this room reach only its host.</summary>
    public const string HostOnly = "host-only";

    /// <summary>404: the addressee has no session that listens.</summary>
    public const string UserNotListening = "user-not-listening";

    /// <summary>404: the server knows all its users, and this is none.</summary>
    public const string UserUnknown = "user-unknown";

    /// <summary>404: there is no such room, or none any more.</summary>
    public const string RoomNotFound = "room-not-found";

    /// <summary>404: the room has no such member, or none any more.</summary>
    public const string MemberNotFound = "member-not-found";

    /// <summary>404: the one member that a signal was for has no session that listens.</summary>
    public const string MemberNotListening = "member-not-listening";

    /// <summary>404: this server pushes nothing.</summary>
    public const string PushOff = "push-off";

    /// <summary>404: there is nothing at the address; the <c>Url</c> leads elsewhere, or to an older server.</summary>
    public const string NotFound = "not-found";

    /// <summary>405: the address does not take this kind of request.</summary>
    public const string MethodNotAllowed = "method-not-allowed";

    /// <summary>408: the request took too long to arrive.</summary>
    public const string RequestTimeout = "request-timeout";

    /// <summary>409: the user has as many sessions as one may have.</summary>
    public const string TooManySessionsOfUser = "too-many-sessions-of-user";

    /// <summary>
    /// 409: another client of the user has taken the place of this one, where a user may have one session only.
    /// </summary>
    public const string SessionReplaced = "session-replaced";

    /// <summary>An operator or a backend has ended the session; this library does not come back by itself.</summary>
    public const string SessionEnded = "session-ended";

    /// <summary>409: the user is connected, and only one session is allowed.</summary>
    public const string UserAlreadyConnected = "user-already-connected";

    /// <summary>409: the session listens already, or has listened.</summary>
    public const string KeyAlreadyUsed = "key-already-used";

    /// <summary>409: another user has registered the endpoint for pushes.</summary>
    public const string EndpointTaken = "endpoint-taken";

    /// <summary>409: the addressee has as many stored signals as allowed; of a room, every member.</summary>
    public const string InboxFull = "inbox-full";

    /// <summary>409: the sender, or its address, has as much of the addressee's inbox as leaves room for others.</summary>
    public const string InboxShareUsed = "inbox-share-used";

    /// <summary>409: the sender has given the id to another stored signal a while ago.</summary>
    public const string IdAlreadyUsed = "id-already-used";

    /// <summary>409: the same stored signal is being sent at this moment; this library sends it again by itself.</summary>
    public const string SignalUnderWay = "signal-under-way";

    /// <summary>409: the room is open, and has no join code.</summary>
    public const string RoomOpen = "room-open";

    /// <summary>409: the room has as many members as it may have.</summary>
    public const string RoomFull = "room-full";

    /// <summary>409: the user is a member of as many rooms as allowed.</summary>
    public const string TooManyRooms = "too-many-rooms";

    /// <summary>409: another member of the room is called so, in upper or lower case.</summary>
    public const string AliasTaken = "alias-taken";

    /// <summary>413: a request of more than 64 KiB.</summary>
    public const string PayloadTooLarge = "payload-too-large";

    /// <summary>415: the body is of a kind that the server does not take.</summary>
    public const string UnsupportedMediaType = "unsupported-media-type";

    /// <summary>429: requests or signals came too fast.</summary>
    public const string TooManyRequests = "too-many-requests";

    /// <summary>429: as many sessions as may come from one address have come from this one.</summary>
    public const string TooManySessionsOfAddress = "too-many-sessions-of-address";

    /// <summary>429: as many users and devices that the server does not know yet have come from one address as may in a day.</summary>
    public const string TooManyNewUsersOfAddress = "too-many-new-users-of-address";

    /// <summary>429: the users of one address have joined as many rooms as they may in a day.</summary>
    public const string TooManyMembershipsOfAddress = "too-many-memberships-of-address";

    /// <summary>429: one address has registered as many endpoints for pushes as it may in a day.</summary>
    public const string TooManySubscriptionsOfAddress = "too-many-subscriptions-of-address";

    /// <summary>429: the sender, or its address, has had as much stored as it may in a day; this library does not wait for more.</summary>
    public const string StorageBudgetUsed = "storage-budget-used";

    /// <summary>500: a defect of the server.</summary>
    public const string InternalError = "internal-error";

    /// <summary>503: no node can take a session at the moment.</summary>
    public const string NoNodeAvailable = "no-node-available";

    /// <summary>503: the session's own node does not let it in at the moment.</summary>
    public const string NodeUnavailable = "node-unavailable";

    /// <summary>503: the server has no database at the moment.</summary>
    public const string DatabaseUnavailable = "database-unavailable";

    /// <summary>503: the server can't check tokens at the moment.</summary>
    public const string TokenKeysUnavailable = "token-keys-unavailable";
}
