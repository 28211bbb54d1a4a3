import type { ErrorCode } from "../base/errors.js";

/** How signals come in: over a WebSocket (STOMP), or as server-sent events where WebSockets are blocked. */
export type ListensBy = "websocket" | "sse";

/** The session that listens now. Its key changes with every reconnect. */
export interface SessionInfo {
  userId: string;
  device: string | undefined;
  /** The session's public name. */
  listeningKey: string;
  /** The node's address. */
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
  | { name: "listening"; session: SessionInfo; by: ListensBy }
  /** It has lost its session; without `retryAt`, an attempt is being made, or the browser is offline. */
  | { name: "reconnecting"; problem: Interruption; retryAt?: Date }
  /** It is closed for good. */
  | { name: "closed"; problem: Interruption };
