import { readDeliveries, type Delivery } from "../base/delivery.js";
import type { JsonObject } from "../base/json.js";
import { uniqueId } from "../base/random.js";
import { writeContent } from "./content.js";

/** The recipient of a signal: all devices of a user, one device of a user, or one session by its name. */
export type Addressee = string | { user: string; device?: string | undefined } | { session: string };

/** A room, or one of its members. */
export interface RoomAddress {
  room: string;
  member?: string | undefined;
}

export type Destination = Addressee | RoomAddress;

/** What accompanies a signal's content. */
export interface SendOptions {
  /** What it is about, for the recipient; 1 to 64 characters (code points). */
  type?: string;
  /** The signal's id, 1 to 64 characters (code points); recipients drop duplicates. A random one if left out. */
  id?: string;
  /**
   * How long it may wait, in milliseconds, at least 1: here while the client reconnects (30,000 if left out), and then
   * for the recipient, for which the server has a default and a bound of its own (30 s and 1 min if it is not stored,
   * 1 day and 7 days if it is, unless configured otherwise).
   */
  timeToLive?: number;
  /**
   * Whether the server stores it for the recipient: `ifOffline` if no session takes it now; `always` before anything
   * else, so that it is not lost with a socket that breaks at this moment. It is delivered once the recipient listens.
   * Not for a single session, which never comes back once it is gone.
   */
  store?: "ifOffline" | "always";
  /**
   * Asks for a `Receipt` when the recipient (in a room: each member) has settled it, or when it has expired; goes with
   * `store: "always"`.
   */
  receipt?: "delivered";
}

/** A signal on its way out. No later change by the application affects it. */
export interface OutgoingSignal {
  id: string;
  /** The queue that it waits in: one for each user, whichever device it is for, for each room and for each session. */
  line: string;
  timeToLive: number | undefined;
  /** The body that the webapp takes, over HTTP and through the socket. */
  body: string;
  /** What it takes in a request with others: its bytes in UTF-8, and one between it and the next. */
  bytes: number;
}

/** What became of a signal. */
export interface Sent {
  id: string;
  /** Whether the server has stored it for the recipient. */
  stored: boolean;
  /** Whether the server has taken it without saying whether the recipient, whom the user may not see, listens. */
  accepted: boolean;
  /** One for each session that the signal went to; none if they are hidden. */
  sessions: readonly Delivery[];
}

/**
 * Writes a signal.
 * @throws SignalBrokerError `content-not-json`
 */
export function writeSignal(to: Destination, content: unknown, options: SendOptions = {}): OutgoingSignal {
  const { id = uniqueId(), type, timeToLive, store, receipt } = options;
  const address = addressOf(to);
  // No user id contains a blank.
  const line = address["to"] ?? ` ${address["toRoom"] ?? address["toSession"]}`;
  const head = JSON.stringify({ ...address, id, type, timeToLive, store, receipt });
  const body = `${head.slice(0, -1)},"content":${writeContent(content)}}`;
  return { id, line, timeToLive, body, bytes: new TextEncoder().encode(body).length + 1 };
}

function addressOf(to: Destination): Record<string, string | undefined> {
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
