import { isObject, numberOf, parseJson, textOf, timeOf } from "./json.js";

/** What every envelope has, whoever wrote it. */
interface EnvelopeParts {
  /** Its name; unique for its sender. */
  id: string;
  sentAt: Date;
  /** Until when the server keeps it; undefined where its sender did not say. */
  expiresAt: Date | undefined;
  /** Its place in the user's inbox, from 1; undefined when it is not stored. */
  sequence: number | undefined;
  content: unknown;
}

/** A signal as it arrives. The server vouches for all but `id`, `type` and `content`, which are the sender's. */
export interface Signal extends EnvelopeParts {
  /** The user who sent it; undefined where {@link fromApplication} did, or an anonymous member of a room. */
  from: string | undefined;
  /** The application that sent it with its service key; undefined where a user did. */
  fromApplication: string | undefined;
  /** The listening key of the session that sent it: reply to it with `send({ session }, …)`. */
  fromSession: string | undefined;
  /** The room that it came through; undefined when it was sent to the user or the session. */
  room: string | undefined;
  /** The sender's member id in the room: answer with `room.send(…, { to: fromMember })`. */
  fromMember: string | undefined;
  /** What an anonymous sender is called in the room, if it has said. */
  fromAlias: string | undefined;
  /** The own member id, if the room's signal is for this member only. */
  toMember: string | undefined;
  /** The user whom it was sent to; empty in a room. */
  to: string;
  /** The user's device that it is for; undefined when it is for all of them. */
  device: string | undefined;
  /** What it is about. */
  type: string | undefined;
}

/** An envelope that the server itself writes, without a sender: nobody else can make one. */
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
