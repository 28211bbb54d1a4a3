import { isObject, numberOf, objectsIn, objectsOf, parseJson, textOf, type JsonObject } from "../../src/base/json";
import { callType } from "../../src/calls/content";
import type { WireEntry } from "../wire/wire";
import type { Party, Tone } from "./sequence";

/** What something on the wire means for the sequence diagram. */
export type Meaning =
  /** This page asks SignalBroker for something, or SignalBroker tells this page something. */
  | { kind: "says"; from: Party; to: Party; label: string; tone: Tone }
  /** This page sends a signal to a user or a session; `name` joins the answer to it. */
  | { kind: "sends"; name: string; to: string | undefined; toSession: string | undefined; label: string }
  /** SignalBroker says what became of a signal. */
  | { kind: "settles"; name: string; queued: boolean; words: string }
  /** A signal arrives; `ring` is the id of the call that it announces. */
  | { kind: "receives"; from: string; fromSession: string | undefined; label: string; ring: string | undefined };

/** Reads one entry: a request with several signals means several things, and others nothing. */
export function readEntry(entry: WireEntry): Meaning[] {
  return readSeveral(entry) ?? [readOne(entry)].filter((meaning) => meaning !== undefined);
}

/** Several signals in one request, or the answers to them; undefined if it is something else. */
function readSeveral({ channel, way, text, request }: WireEntry): Meaning[] | undefined {
  const json = channel === "HTTP" ? parseJson(text.slice(text.indexOf("\n\n") + 2)) : undefined;
  if (!Array.isArray(json)) {
    return undefined;
  }
  return objectsIn(json).flatMap((body, number) => {
    const name = `request ${request}.${number}`;
    return way === "out" ? sends(name, body) : (readAnswer(`${numberOf(body, "status") ?? 200}`, name, body) ?? []);
  });
}

function readOne({ channel, way, text, request }: WireEntry): Meaning | undefined {
  const [title = ""] = text.split("\n", 1);
  const gap = text.indexOf("\n\n");
  const json = parseJson(channel === "SSE" ? text : text.slice(gap + 2));
  const body = isObject(json) ? json : {};
  switch (`${channel} ${way}`) {
    case "HTTP out":
      return title.endsWith("/exchange")
        ? sends(`request ${request}`, body)
        : asks(requests[title.split("/").at(-1) ?? ""]);
    case "HTTP in":
      return readAnswer(title, `request ${request}`, body);
    case "STOMP out":
      return title === "SEND" ? readSend(body) : asks(frames[title]);
    case "STOMP in":
      return title === "MESSAGE" ? readEnvelope(body) : readFrame(title);
    case "MQTT out":
      return title === "PUBLISH" ? readSend(body) : asks(packets[title]);
    case "MQTT in":
      return title === "PUBLISH" ? readEnvelope(body) : readPacket(title, text.endsWith("code:0"));
    default:
      return "content" in body ? readEnvelope(body) : readStream(title);
  }
}

const requests: Readonly<Record<string, string>> = {
  connect: "connect",
  disconnect: "disconnect",
  listen: "listen (event stream)",
  "ice-servers": "fresh ICE servers?",
  settle: "done with it",
};

function readSend(body: JsonObject): Meaning | undefined {
  return "settle" in body ? asks(requests["settle"]) : sends(`signal ${textOf(body, "id")}`, body);
}

const frames: Readonly<Record<string, string>> = {
  CONNECT: "log in (STOMP)",
  SUBSCRIBE: "subscribe",
};

const packets: Readonly<Record<string, string>> = {
  CONNECT: "log in (MQTT)",
  SUBSCRIBE: "subscribe",
};

function asks(label: string | undefined): Meaning | undefined {
  return label === undefined ? undefined : { kind: "says", from: "me", to: "broker", label, tone: "asked" };
}

function tells(label: string, isFault = false): Meaning {
  return { kind: "says", from: "broker", to: "me", label, tone: isFault ? "fault" : "answer" };
}

function sends(name: string, body: JsonObject): Meaning {
  const [to, toSession] = [textOf(body, "to"), textOf(body, "toSession")];
  return { kind: "sends", name, to, toSession, label: signalLabel(body) };
}

function readAnswer(title: string, name: string, body: JsonObject): Meaning | undefined {
  const status = Number.parseInt(title, 10);
  if (Number.isNaN(status)) {
    return failed(name, "no answer");
  }
  if (status >= 400) {
    return failed(name, `${status} ${textOf(body, "code") ?? ""}`.trim());
  }
  if ("sessions" in body) {
    return settles(name, body);
  }
  if ("iceServers" in body) {
    return tells("listeningKey" in body ? "session, ICE servers" : "ICE servers");
  }
  return status === 204 ? tells("done") : undefined;
}

function failed(name: string, words: string): Meaning {
  return { kind: "settles", name, queued: false, words };
}

function settles(name: string, body: JsonObject): Meaning {
  const outcomes = objectsOf(body, "sessions").map((session) => textOf(session, "outcome") ?? "");
  const kept = textOf(body, "outcome") === "stored";
  const queued = outcomes.includes("queued");
  const words = kept ? "kept" : queued ? "queued" : (outcomes[0] ?? "sent to nobody");
  return { kind: "settles", name, queued: kept || queued, words };
}

function readFrame(title: string): Meaning | undefined {
  switch (title) {
    case "CONNECTED":
      return tells("logged in");
    case "RECEIPT":
      return tells("listening");
    case "ERROR":
      return tells("refused", true);
    default:
      return title.startsWith("The socket closed") ? tells("socket closed", true) : undefined;
  }
}

function readPacket(title: string, isGranted: boolean): Meaning | undefined {
  switch (title) {
    case "CONNACK":
      return isGranted ? tells("logged in") : tells("refused", true);
    case "SUBACK":
      return isGranted ? tells("listening") : tells("refused", true);
    default:
      return readFrame(title);
  }
}

function readStream(title: string): Meaning | undefined {
  return title.startsWith(":") ? tells("listening") : tells("stream ended", true);
}

function readEnvelope(body: JsonObject): Meaning | undefined {
  const sender = body["from"];
  const from = isObject(sender) ? textOf(sender, "application") : textOf(body, "from");
  if (from !== undefined) {
    const fromSession = textOf(body, "fromSession");
    return { kind: "receives", from, fromSession, label: signalLabel(body), ring: ringOf(body) };
  }
  const { content } = body;
  if (!isObject(content)) {
    return undefined;
  }
  const name = `signal ${textOf(content, "id")}`;
  switch (textOf(body, "type")) {
    case "outcome":
      return "sessions" in content ? settles(name, content) : undefined;
    case "error":
      return failed(name, `${numberOf(content, "status")} ${textOf(content, "code")}`);
    case "receipt":
      return tells(`receipt: ${textOf(content, "outcome")}`);
    default:
      // The comings and goings of users are no part of the story.
      return undefined;
  }
}

function ringOf({ type, content }: JsonObject): string | undefined {
  return type === callType && isObject(content) && content["kind"] === "ring" ? textOf(content, "call") : undefined;
}

/** What a signal is about, in a word or two. */
export function signalLabel(signal: JsonObject): string {
  const type = textOf(signal, "type");
  const { content } = signal;
  if (type !== callType || !isObject(content)) {
    return type === undefined ? "signal" : `signal “${type.slice(0, 12)}”`;
  }
  const kind = textOf(content, "kind") ?? "";
  if (kind === "negotiate" && "packed" in content) {
    return "description, compressed";
  }
  if (kind === "negotiate") {
    const description = isObject(content["description"]) ? textOf(content["description"], "type") : undefined;
    const count = objectsOf(content, "candidates").length;
    const candidates = count === 0 ? [] : [count === 1 ? "1 candidate" : `${count} candidates`];
    return [...(description === undefined ? [] : [description]), ...candidates].join(" + ");
  }
  return callWords[kind] ?? kind;
}

const callWords: Readonly<Record<string, string>> = {
  stop: "others stop ringing",
  resume: "back again",
  resumed: "good",
  end: "hang up",
};
