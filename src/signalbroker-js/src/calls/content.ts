import { isObject, numberOf, objectsOf, textOf, type JsonObject } from "../base/json.js";

/** The type of the signals that set up calls. */
export const callType = "signalbroker.call";

/** Why a device stops ringing. */
export type RingStop = "cancelled" | "answered-elsewhere" | "declined";

/** What the caller sends from the beginning. */
export interface RingMedia {
  audio: boolean;
  video: boolean;
}

/** What one end tells the other while a connection is negotiated. */
export interface Negotiate {
  kind: "negotiate";
  /** The number of the offer: the sender's own for an offer, the other end's for an answer. */
  offer?: number | undefined;
  description?: RTCSessionDescriptionInit | undefined;
  candidates?: RTCIceCandidateInit[] | undefined;
  /** All of the above if it is large: base64 of JSON that is compressed with `deflate-raw` (RFC 1951). */
  packed?: string | undefined;
}

/** The contents of a call's signals. Each also carries the call's id as `call`, and after `accept` a `proof`. */
export type CallContent =
  /** Caller → user: the call begins; repeated while it rings. */
  | { kind: "ring"; info?: unknown; media: RingMedia; channels: readonly string[] }
  /** Callee → caller's session: this device answers. `replaces` is its own call that gave way. */
  | { kind: "accept"; secret: string; replaces?: string | undefined }
  /** Callee → caller's session: no device should ring any more. */
  | { kind: "decline" }
  /** Callee → caller's session: this device can't take the call. */
  | { kind: "busy" }
  /** Caller → user: stop ringing, unless it was you (`by`) who answered. */
  | { kind: "stop"; reason: RingStop; by?: string | undefined }
  | Negotiate
  /** Either → user: I listen on this session now; where do you listen? */
  | { kind: "resume" }
  /** The answer to `resume`. */
  | { kind: "resumed" }
  /** Either → the other's session: it is over. */
  | { kind: "end"; reason: "hung-up" | "lost" };

/** A call's content as it arrives. */
export type ReceivedContent = CallContent & { call: string; proof: string | undefined };

export type ReceivedRing = ReceivedContent & { kind: "ring" };

/** Takes a signal of a call. */
export type Receive = (content: ReceivedContent, from: string, fromSession: string) => void;

/** Reads a signal's content; undefined when it does not belong to a call. */
export function readCallContent(content: unknown): ReceivedContent | undefined {
  const call = isObject(content) ? textOf(content, "call") : undefined;
  if (!isObject(content) || call === undefined) {
    return undefined;
  }
  const common = { call, proof: textOf(content, "proof") };
  switch (content["kind"]) {
    case "ring": {
      const media = isObject(content["media"]) ? content["media"] : {};
      const channels = Array.isArray(content["channels"]) ? content["channels"] : [];
      return {
        ...common,
        kind: "ring",
        info: content["info"],
        media: { audio: media["audio"] === true, video: media["video"] === true },
        channels: channels.filter((label) => typeof label === "string"),
      };
    }
    case "accept": {
      const secret = textOf(content, "secret");
      return secret === undefined
        ? undefined
        : { ...common, kind: "accept", secret, replaces: textOf(content, "replaces") };
    }
    case "stop": {
      const reason = textOf(content, "reason");
      const known = reason === "answered-elsewhere" || reason === "declined" ? reason : "cancelled";
      return { ...common, kind: "stop", reason: known, by: textOf(content, "by") };
    }
    case "negotiate":
      return { ...common, ...readNegotiate(content) };
    case "end":
      return { ...common, kind: "end", reason: content["reason"] === "lost" ? "lost" : "hung-up" };
    case "decline":
    case "busy":
    case "resume":
    case "resumed":
      return { ...common, kind: content["kind"] };
    default:
      return undefined;
  }
}

export function readNegotiate(content: JsonObject): Negotiate {
  const { description } = content;
  return {
    kind: "negotiate",
    offer: numberOf(content, "offer"),
    description: isObject(description) ? (description as unknown as RTCSessionDescriptionInit) : undefined,
    candidates: objectsOf(content, "candidates"),
    packed: textOf(content, "packed"),
  };
}
