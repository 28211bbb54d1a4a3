import { objectsOf, textOf, timeOf, type JsonObject } from "../base/json.js";
import type { KnownUser, Presence } from "./options.js";

/** The type of the envelopes that tell of changes. */
export const presenceType = "presence";

/** A user's name as the webapp writes it: in Unicode's form C, and without half pairs, which JSON can't hold. */
export function asSent(userId: string): string {
  return userId.normalize().replace(/\p{Surrogate}/gu, "\ufffd");
}

export function readPresence(json: JsonObject): Presence {
  return {
    userId: textOf(json, "userId") ?? "",
    state: textOf(json, "state") ?? "unknown",
    devices: objectsOf(json, "devices").map((device) => ({
      device: textOf(device, "device"),
      state: textOf(device, "state") ?? "unknown",
      since: timeOf(device, "since"),
    })),
    lastSeen: timeOf(json, "lastSeen"),
    asOf: timeOf(json, "asOf") ?? new Date(),
  };
}

export function readUser(json: JsonObject): KnownUser {
  return {
    userId: textOf(json, "userId") ?? "",
    firstSeen: timeOf(json, "firstSeen"),
    lastSeen: timeOf(json, "lastSeen"),
  };
}
