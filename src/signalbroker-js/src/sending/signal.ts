import { readDeliveries, type Delivery } from "../base/delivery.js";
import type { JsonObject } from "../base/json.js";
import { uniqueId } from "../base/random.js";
import { writeContent } from "./content.js";

/** Whom a signal goes to: all devices of a user, one device of a user, or one session by its listening key. */
export type Addressee = string | { user: string; device?: string | undefined } | { session: string };

/** A room, or one of its members. */
export interface RoomAddress {
  room: string;
  member?: string | undefined;
}

export type Destination = Addressee | RoomAddress;

/** What may be said about a signal besides its content. */
export interface SendOptions {
  /** What it is about, for the receiver; 1 to 64 characters (code points). */
  type?: string;
  /** The signal's name, 1 to 64 characters (code points); receivers drop what comes twice. A random one is made otherwise. */
  id?: string;
  /**
   * How long it may wait, in milliseconds, at least 1: here while the client reconnects (30,000 if left out), and then
   * for the addressee, for which the server has an own default and bound (30 s and 1 min if it is not stored, 1 day and
   * 7 days if it is, unless configured otherwise).
   */
  timeToLive?: number;
  /**
   * Whether the server stores it for an addressee: `ifOffline` if no session takes it now; `always` before anything else,
   * so that it is not lost with a socket that breaks at this moment. It arrives once the addressee listens. Not for one
   * session: one that is gone never comes back.
   */
  store?: "ifOffline" | "always";
  /**
   * Asks for a `Receipt` when the addressee (of a room: each member) has settled it, or it expired before; goes with
   * `store: "always"`.
   */
  receipt?: "delivered";
}

/** A signal on its way out. Nothing that the application changes later changes it. */
export interface OutgoingSignal {
  id: string;
  /** Signals to a user go one after the other, whichever devices they are for; so do those to a room, and to a session. */
  line: string;
  timeToLive: number | undefined;
  /** The body that the webapp takes, over HTTP and through the socket. */
  body: string;
}

/** What became of a signal. */
export interface Sent {
  id: string;
  /** Whether the server has stored it for the addressee. */
  stored: boolean;
  /** Whether the server has taken it and keeps to itself if the addressee listens, whom one may not see. */
  accepted: boolean;
  /** One for each session that the signal went to; none if they are kept secret. */
  sessions: readonly Delivery[];
}

/**
 * Writes a signal.
 * @throws SignalBrokerError `content-not-json`
 */
export function writeSignal(to: Destination, content: unknown, options: SendOptions = {}): OutgoingSignal {
  const { id = uniqueId(), type, timeToLive, store, receipt } = options;
  const head = JSON.stringify({ ...addressOf(to), id, type, timeToLive, store, receipt });
  return { id, line: lineOf(to), timeToLive, body: `${head.slice(0, -1)},"content":${writeContent(content)}}` };
}

function lineOf(to: Destination): string {
  if (typeof to === "string") {
    return to;
  }
  // No user id holds a blank.
  return "user" in to ? to.user : ` ${"room" in to ? to.room : to.session}`;
}

function addressOf(to: Destination): JsonObject {
  if (typeof to === "string") {
    return { to };
  }
  if ("user" in to) {
    return { to: to.user, device: to.device };
  }
  return "room" in to ? { toRoom: to.room, toMember: to.member } : { toSession: to.session };
}

/** Reads what the webapp answers to a signal. */
export function readSent(id: string, answer: JsonObject): Sent {
  return {
    id,
    stored: answer["outcome"] === "stored",
    accepted: answer["outcome"] === "accepted",
    sessions: readDeliveries(answer) ?? [],
  };
}
