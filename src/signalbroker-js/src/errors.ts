import type { Delivery } from "./sending/signal.js";

/**
 * What went wrong, for programs. Besides these the server's own codes occur (`too-many-requests`,
 * `payload-too-large` …; the server's documentation lists them).
 */
export type ErrorCode =
  /** The webapp did not answer; whether it has done what was asked is not known. */
  | "unreachable"
  /** The credential or the token is missing, wrong or expired. */
  | "unauthorized"
  /** The addressee has no session that listens. */
  | "user-not-listening"
  /** The signal waited for its whole time to live. */
  | "expired"
  /** 100 signals wait already for the client to listen again. */
  | "queue-full"
  /** The client was closed. */
  | "closed"
  /** It was called off by the application. */
  | "aborted"
  /** The callee declined. */
  | "declined"
  /** Every device of the callee is busy. */
  | "busy"
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

/** What an error carries besides its code and its sentence. */
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
export function asSignalBrokerError(error: unknown, code: ErrorCode): SignalBrokerError {
  return error instanceof SignalBrokerError ? error : new SignalBrokerError(code, String(error));
}
