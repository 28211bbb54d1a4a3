import type { Http } from "../http.js";
import { basic } from "../http.js";
import { objectsOf, textOf, type JsonObject } from "../json.js";
import type { Session } from "./session.js";

/** ICE servers, and until when their credentials are good. */
export interface IceAnswer {
  servers: RTCIceServer[];
  /** Undefined when they don't expire. */
  expiresAt: number | undefined;
}

/** Setting up a call takes a while, and this device's clock may be wrong. */
const earlyMs = 5 * 60_000;

/** Reads `iceServers` and `iceServersExpireAt` of an answer. */
export function readIceServers(answer: JsonObject): IceAnswer {
  const servers = objectsOf(answer, "iceServers").map(
    ({ urls, username, credential }) => ({ urls, username, credential }) as RTCIceServer,
  );
  const expiresAt = Date.parse(textOf(answer, "iceServersExpireAt") ?? "");
  return { servers, expiresAt: Number.isNaN(expiresAt) ? undefined : expiresAt };
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
      if (session && current.expiresAt !== undefined && current.expiresAt - Date.now() < earlyMs) {
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
