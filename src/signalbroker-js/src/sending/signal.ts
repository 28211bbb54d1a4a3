import { objectsOf, textOf, type JsonObject } from "../json.js";

/** Whom a signal goes to: all listening sessions of a user, or one session by its listening key. */
export type Addressee = string | { session: string };

/** What may be said about a signal besides its content. */
export interface SendOptions {
  /** What it is about, for the receiver; 1 to 64 characters. */
  type?: string;
  /** The signal's name, 1 to 64 characters; receivers drop what comes twice. A random one is made otherwise. */
  id?: string;
  /**
   * How long it may wait, in milliseconds: here while the client reconnects (30,000 if left out), and then in the
   * addressee's queue (as the server is configured, if left out).
   */
  timeToLive?: number;
}

/** A signal on its way out. */
export interface OutgoingSignal extends SendOptions {
  to: Addressee;
  content: unknown;
  id: string;
}

/**
 * What became of a signal at one session: `queued` (the broker has it in the session's live queue), `notListening`,
 * `overloaded` (not sent) or `unknown` (it may arrive or not).
 */
export type Outcome = "queued" | "notListening" | "overloaded" | "unknown" | (string & {});

/** What became of a signal at one session of the addressee. */
export interface Delivery {
  listeningKey: string;
  device?: string | undefined;
  outcome: Outcome;
}

/** What became of a signal. */
export interface Sent {
  id: string;
  /** One for each session that the signal went to. */
  sessions: readonly Delivery[];
}

/** The body that the webapp takes, over HTTP and through the socket. */
export function bodyOf({ to, content, type, id, timeToLive }: OutgoingSignal): JsonObject {
  return {
    ...(typeof to === "string" ? { to } : { toSession: to.session }),
    id,
    ...(type === undefined ? {} : { type }),
    ...(timeToLive === undefined ? {} : { timeToLive }),
    content: content === undefined ? null : content,
  };
}

/** Reads the `sessions` of an answer; undefined when it has none. */
export function readDeliveries(answer: JsonObject): Delivery[] | undefined {
  return "sessions" in answer
    ? objectsOf(answer, "sessions").map((session) => ({
        listeningKey: textOf(session, "listeningKey") ?? "",
        device: textOf(session, "device"),
        outcome: textOf(session, "outcome") ?? "unknown",
      }))
    : undefined;
}
