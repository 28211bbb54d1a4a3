import { isObject, parseJson, textOf } from "./json.js";

/** A signal as it arrives. The server vouches for `from`, `fromSession`, `to` and `sentAt`; the rest is the sender's. */
export interface Signal {
  /** The signal's name; unique for its sender. */
  id: string;
  /** The user who sent it; undefined where {@link fromApplication} did, or an anonymous member of a room. */
  from: string | undefined;
  /** The application that sent it with its service key; undefined where a user did. */
  fromApplication: string | undefined;
  /** The listening key of the session that sent it: reply to it with `send({ session }, …)`. */
  fromSession: string | undefined;
  /** The room that it came through; undefined when it was sent to the user or the session. */
  room?: string | undefined;
  /** The sender's member id in the room, good as `toMember` of an answer. */
  fromMember?: string | undefined;
  /** What an anonymous sender is called in the room, if it has said. */
  fromAlias?: string | undefined;
  /** The user whom it was sent to; empty in a room. */
  to: string;
  /** What it is about. */
  type: string | undefined;
  sentAt: Date;
  content: unknown;
}

/** An envelope that the server itself writes, without a sender: nobody else can make one. */
export interface ControlSignal {
  type: string;
  content: unknown;
}

/** Reads what a listener received; undefined when it is not an envelope. */
export function readEnvelope(body: string): Signal | ControlSignal | undefined {
  const json = parseJson(body);
  if (!isObject(json)) {
    return undefined;
  }
  const type = textOf(json, "type");
  const content = json["content"];
  if (!("from" in json)) {
    return type === undefined ? undefined : { type, content };
  }
  const { from } = json;
  return {
    id: textOf(json, "id") ?? "",
    from: textOf(json, "from"),
    fromApplication: isObject(from) ? textOf(from, "application") : undefined,
    fromSession: textOf(json, "fromSession"),
    room: textOf(json, "room"),
    fromMember: textOf(json, "fromMember"),
    fromAlias: isObject(from) ? textOf(from, "alias") : undefined,
    to: textOf(json, "to") ?? "",
    type,
    sentAt: new Date(textOf(json, "sentAt") ?? Date.now()),
    content,
  };
}

/** Whether the envelope has a sender. */
export function isSignal(envelope: Signal | ControlSignal): envelope is Signal {
  return "from" in envelope;
}
