import type { Delivery } from "./delivery.js";

/**
 * What went wrong, for programs. The server has codes of its own besides these (`too-many-requests`,
 * `payload-too-large` …; see its documentation).
 */
export type ErrorCode =
  /** The webapp did not answer, or something on the way did; whether it has done what was asked is unknown. */
  | "unreachable"
  /** The option `url` is not an http or https address. */
  | "invalid-url"
  /** The credential or the token is missing, wrong or expired. */
  | "unauthorized"
  /** The page belongs to another site, which the server's `Cors:Origins` does not name. */
  | "origin-not-allowed"
  /** The recipient has no session that listens. */
  | "user-not-listening"
  /** The recipient has never listened, and the server stores signals only for known users. */
  | "user-unknown"
  /** The recipient's inbox is full. */
  | "inbox-full"
  /** The sender, or its address, has used up its share of the recipient's inbox. */
  | "inbox-share-used"
  /** The sender, or its address, has used up its daily budget of stored signals. */
  | "storage-budget-used"
  /** Another stored signal was sent with the same id. */
  | "id-already-used"
  /** There is no such room, or it has been closed. */
  | "room-not-found"
  /** The room is not open, and the join code is missing or wrong. */
  | "join-code-wrong"
  /** The room's owner has removed the user, who can't join again so soon. */
  | "removed-from-room"
  /** The room is open, and has no join code. */
  | "room-open"
  /** The room is full. */
  | "room-full"
  /** Another member of the room has the alias. */
  | "alias-taken"
  /** The users of this address have joined too many rooms in a day. */
  | "too-many-memberships-of-address"
  /** Too many new users and devices have come from this address in a day. */
  | "too-many-new-users-of-address"
  /** Only members of the room may do this. */
  | "not-a-member"
  /** Only the room's owner may do this. */
  | "not-the-owner"
  /** The member that the signal was for has no session that listens. */
  | "member-not-listening"
  /** The content holds something that JSON can't hold; nothing was sent. */
  | "content-not-json"
  /** The signal waited for its whole time to live. */
  | "expired"
  /** 100 signals already wait for the client to reconnect. */
  | "queue-full"
  /** The client was closed. */
  | "closed"
  /** Another client of the user has replaced this one, where a user may have only one. */
  | "session-replaced"
  /** An operator or a backend has ended the session. */
  | "session-ended"
  /** The user may not connect until a time, which the message says. */
  | "user-blocked"
  /** The application gave up. */
  | "aborted"
  /** The callee declined. */
  | "declined"
  /** Every device of the callee is busy. */
  | "busy"
  /** The user called themselves, and listens on no other device. */
  | "no-other-device"
  /** Nobody answered in time. */
  | "no-answer"
  /** The caller gave up. */
  | "cancelled"
  /** Another device of the user answered. */
  | "answered-elsewhere"
  /** The other end is gone. */
  | "peer-gone"
  /** There is no RTCPeerConnection here. */
  | "no-webrtc"
  /** The browser takes no pushes. */
  | "no-push"
  /** The user does not allow notifications. */
  | "push-denied"
  /** The browser's push service can't be reached, or refuses. */
  | "push-failed"
  | (string & {});

/** What an error carries besides its code and its message. */
export interface ErrorDetails {
  status?: number | undefined;
  retryAfterMs?: number | undefined;
  sessions?: readonly Delivery[] | undefined;
}

/** Every failure that this library reports. */
export class SignalBrokerError extends Error {
  override readonly name = "SignalBrokerError";
  /** What went wrong, for programs. */
  readonly code: ErrorCode;
  /** The HTTP status, if the webapp answered with one. */
  readonly status: number | undefined;
  /** How long the webapp asked to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** What became of the signal at each session of the addressee, if the webapp said so. */
  readonly sessions: readonly Delivery[] | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message);
    this.code = code;
    this.status = details.status;
    this.retryAfterMs = details.retryAfterMs;
    this.sessions = details.sessions;
  }
}

/** The error itself if it is one of ours, else one of ours that says the same. */
export function asSignalBrokerError(error: unknown, code: ErrorCode = "unreachable"): SignalBrokerError {
  return error instanceof SignalBrokerError ? error : new SignalBrokerError(code, String(error));
}
