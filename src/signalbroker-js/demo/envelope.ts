import { isObject, parseJson, textOf } from "./json";

/** What a listener receives. */
export interface Envelope {
  id: string;
  from: string;
  fromSession: string | undefined;
  type: string | undefined;
  sentAt: Date;
  content: unknown;
}

/** Reads a STOMP message's body; undefined when it is not an envelope. */
export function readEnvelope(body: string): Envelope | undefined {
  const json = parseJson(body);
  const from = isObject(json) ? textOf(json, "from") : undefined;
  if (!isObject(json) || from === undefined) {
    return undefined;
  }
  const sentAt = new Date(textOf(json, "sentAt") ?? NaN);
  return {
    id: textOf(json, "id") ?? "",
    from,
    fromSession: textOf(json, "fromSession"),
    type: textOf(json, "type"),
    sentAt: Number.isNaN(sentAt.valueOf()) ? new Date() : sentAt,
    content: json["content"],
  };
}
