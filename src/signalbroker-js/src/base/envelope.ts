import { isObject, numberOf, parseJson, textOf, timeOf } from "./json.js";

/** What every envelope has, whoever wrote it. */
interface EnvelopeParts {
  /** Its id, unique for its sender. */
  id: string;
  sentAt: Date;
  /** When it expires on the server; undefined if the sender did not say. */
  expiresAt: Date | undefined;
  /** Its place in the user's inbox, from 1; undefined when it is not stored. */
  sequence: number | undefined;
  content: unknown;
}

/** A signal as it arrives. The server vouches for everything but `id`, `type` and `content`, which are the sender's. */
export interface Signal extends EnvelopeParts {
  /** The user who sent it; undefined if {@link fromApplication} did, or an anonymous member of a room. */
  from: string | undefined;
  /** The application that sent it with its service key; undefined if a user did. */
  fromApplication: string | undefined;
  /** The name of the session that sent it, its `knownAs`: reply to it with `send({ session }, …)`. */
  fromSession: string | undefined;
  /** The room that it was sent to; undefined if it was sent to the user or the session. */
  room: string | undefined;
  /** The sender's member id in the room: answer with `room.send(…, { to: fromMember })`. */
  fromMember: string | undefined;
  /** An anonymous sender's alias in the room, if it has one. */
  fromAlias: string | undefined;
  /** The user's own member id, if the signal to the room is for this member alone. */
  toMember: string | undefined;
  /** The user whom it was sent to; empty in a room. */
  to: string;
  /** The user's device that it is for; undefined if it is for all of them. */
  device: string | undefined;
  /** What it is about. */
  type: string | undefined;
}

/** An envelope without a sender, which only the server can write. */
export interface ControlSignal extends EnvelopeParts {
  type: string;
}

/** Reads what a listener received; undefined when it is not an envelope. */
export function readEnvelope(body: string): Signal | ControlSignal | undefined {
  const json = parseJson(body);
  if (!isObject(json)) {
    return undefined;
  }
  const parts: EnvelopeParts = {
    id: textOf(json, "id") ?? "",
    sentAt: timeOf(json, "sentAt") ?? new Date(),
    expiresAt: timeOf(json, "expiresAt"),
    sequence: numberOf(json, "sequence"),
    content: json["content"],
  };
  const type = textOf(json, "type");
  if (!("from" in json)) {
    return type === undefined ? undefined : { ...parts, type };
  }
  const { from } = json;
  return {
    ...parts,
    from: textOf(json, "from"),
    fromApplication: isObject(from) ? textOf(from, "application") : undefined,
    fromSession: textOf(json, "fromSession"),
    room: textOf(json, "room"),
    fromMember: textOf(json, "fromMember"),
    fromAlias: isObject(from) ? textOf(from, "alias") : undefined,
    toMember: textOf(json, "toMember"),
    to: textOf(json, "to") ?? "",
    device: textOf(json, "device"),
    type,
  };
}

/** Whether the envelope has a sender. */
export function isSignal(envelope: Signal | ControlSignal): envelope is Signal {
  return "from" in envelope;
}
