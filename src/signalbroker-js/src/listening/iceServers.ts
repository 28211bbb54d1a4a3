import { startAge } from "../base/age.js";
import { basic, type Http } from "../base/http.js";
import { numberOf, objectsOf, type JsonObject } from "../base/json.js";
import type { Session } from "./session.js";

/** ICE servers, and how long their credentials are valid. */
export interface IceAnswer {
  servers: RTCIceServer[];
  /** In milliseconds from the answer on; infinite when they don't expire. */
  timeToLive: number;
  /** How long ago the answer came, in milliseconds. */
  age(): number;
}

/** Setting up a call takes a while. */
const earlyMs = 5 * 60_000;

/** Reads `iceServers` and `iceServersTimeToLive` of an answer. */
export function readIceServers(answer: JsonObject): IceAnswer {
  const servers = objectsOf(answer, "iceServers").map(
    ({ urls, username, credential }) => ({ urls, username, credential }) as RTCIceServer,
  );
  // An older server gives a time of its own clock, which means nothing here: they may expire at any moment.
  const unsaid = "iceServersExpireAt" in answer ? 0 : Infinity;
  return { servers, timeToLive: numberOf(answer, "iceServersTimeToLive") ?? unsaid, age: startAge() };
}

/** Keeps the ICE servers of the newest session, and asks for others before their credentials expire. */
export function createIceServers(http: Http) {
  let session: Session | undefined;
  let current: IceAnswer | undefined;
  return {
    /** A new session brought its own. */
    renew(next: Session): void {
      session = next;
      current = next.ice;
    },
    /** The ICE servers for the next connection. */
    async get(): Promise<RTCIceServer[]> {
      if (session && current && current.timeToLive - current.age() < earlyMs) {
        const asked = session;
        try {
          const fresh = readIceServers(await http.request("GET", "ice-servers", { authorization: basic(asked) }));
          if (asked === session) {
            current = fresh;
          }
        } catch {
          // Old credentials may still do: servers allow some slack, and most calls need no relay.
        }
      }
      return current?.servers ?? [];
    },
  };
}
