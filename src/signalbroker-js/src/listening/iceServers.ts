import type { Http } from "../http.js";
import { basic } from "../http.js";
import { numberOf, objectsOf, textOf, type JsonObject } from "../json.js";
import type { Session } from "./session.js";

/** ICE servers, and until when their credentials are good. */
export interface IceAnswer {
  servers: RTCIceServer[];
  /** Undefined when they don't expire. */
  expiresAt: number | undefined;
}

const early = 60_000;

/**
 * Reads `iceServers` of an answer. Their end is the answer's or a server's `ttl` (seconds) or `expires` (a time, or
 * seconds since 1970).
 */
export function readIceServers(answer: JsonObject, now = Date.now()): IceAnswer {
  const listed = objectsOf(answer, "iceServers");
  const ends = [answer, ...listed].flatMap((object) => endOf(object, now));
  const servers = listed.map(({ urls, username, credential }) => ({ urls, username, credential }) as RTCIceServer);
  return { servers, expiresAt: ends.length === 0 ? undefined : Math.min(...ends) };
}

function endOf(object: JsonObject, now: number): number[] {
  const ttl = numberOf(object, "ttl");
  const seconds = numberOf(object, "expires");
  const time = Date.parse(textOf(object, "expires") ?? "");
  return [
    ...(ttl === undefined ? [] : [now + ttl * 1000]),
    ...(seconds === undefined ? [] : [seconds * 1000]),
    ...(Number.isNaN(time) ? [] : [time]),
  ];
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
  let current: IceAnswer = { servers: [], expiresAt: undefined };
  return {
    renew(next) {
      session = next;
      current = next.ice;
    },
    async get() {
      if (session && current.expiresAt !== undefined && current.expiresAt - Date.now() < early) {
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
      return current.servers;
    },
  };
}
