import { objectsOf, textOf, type JsonObject } from "./json.js";

/**
 * What became of a signal at one session: `queued` (the broker has it in the session's live queue), `notListening`,
 * `overloaded` (not sent) or `unknown` (it may arrive or not).
 */
export type Outcome = "queued" | "notListening" | "overloaded" | "unknown" | (string & {});

/** What became of a signal at one session of the recipient. */
export interface Delivery {
  /** The session's name, its `knownAs`. */
  listeningKey: string;
  device?: string | undefined;
  outcome: Outcome;
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
