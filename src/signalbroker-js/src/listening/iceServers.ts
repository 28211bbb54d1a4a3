import { startAge } from "../base/age.js";
import type { Http } from "../base/http.js";
import { basic } from "../base/http.js";
import { numberOf, objectsOf, type JsonObject } from "../base/json.js";
import type { Session } from "./session.js";

/** ICE servers, and how long their credentials are good. */
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
  // An older server tells only by its own clock, which says nothing here: they may end at any time.
  const unsaid = "iceServersExpireAt" in answer ? 0 : Infinity;
  return { servers, timeToLive: numberOf(answer, "iceServersTimeToLive") ?? unsaid, age: startAge() };
}

/** The ICE servers for the next connection. */
export interface IceServers {
  /** A new session brought its own. */
  renew(session: Session): void;
  get(): Promise<RTCIceServer[]>;
}

/** Keeps the ICE servers of the newest session, and asks for others before their credentials end. */
export function createIceServers(http: Http): IceServers {
  let session: Session | undefined;
  let current: IceAnswer | undefined;
  return {
    renew(next) {
      session = next;
      current = next.ice;
    },
    async get() {
      if (session && current && current.timeToLive - current.age() < earlyMs) {
        const asked = session;
        try {
          const fresh = readIceServers(await http.request("GET", "ice-servers", { authorization: basic(asked) }));
          if (asked === session) {
            current = fresh;
          }
        } catch {
          // Old credentials may still do: servers grant some slack, and most calls need no relay.
        }
      }
      return current?.servers ?? [];
    },
  };
}
