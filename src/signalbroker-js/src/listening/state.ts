import type { ErrorCode } from "../base/errors.js";

/** How signals come in: over a WebSocket, or as server-sent events where WebSockets are blocked. */
export type ListensBy = "websocket" | "sse";

/** What is spoken on a WebSocket. */
export type Protocol = "mqtt" | "stomp";

/** The session that listens now. Its key changes with every reconnect, and when it moves to another node. */
export interface SessionInfo {
  userId: string;
  device: string | undefined;
  /** What it logs in with; also how others know it, until it has moved or come back after a loss. */
  listeningKey: string;
  /**
   * The name under which others know it: they see it in `fromSession`, and reach the session by it. It stays when the
   * session moves, and mostly when it comes back after a loss.
   */
  knownAs: string;
  /** The node's address, where it speaks STOMP. */
  listeningAddress: string;
}

/** Why the client does not listen. */
export interface Interruption {
  code: ErrorCode;
  /** The same in a sentence, for people. */
  reason: string;
}

/** The state of a client. */
export type State =
  /** It has not listened yet; `problem` says why the last attempt failed, `retryAt` when the next one comes. */
  | { name: "connecting"; problem?: Interruption; retryAt?: Date }
  /**
   * `protocol` is what it speaks on its WebSocket; undefined for server-sent events. When the session has moved to another
   * node it follows another state of this name, with the new session.
   */
  | { name: "listening"; session: SessionInfo; by: ListensBy; protocol: Protocol | undefined }
  /** It has lost its session; without `retryAt`, an attempt is being made, or the browser is offline. */
  | { name: "reconnecting"; problem: Interruption; retryAt?: Date }
  /** It is closed for good. */
  | { name: "closed"; problem: Interruption };
