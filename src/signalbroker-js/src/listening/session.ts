import { SignalBrokerError } from "../base/errors.js";
import { basic, type Http } from "../base/http.js";
import { objectsOf, textOf, type JsonObject } from "../base/json.js";
import { readIceServers, type IceAnswer } from "./iceServers.js";
import type { Place } from "./place.js";
import type { SessionInfo } from "./state.js";
import type { Tokens } from "./tokens.js";

/** Who wants to listen. */
export interface Identity {
  userId?: string | undefined;
  /** Whether the webapp gave this name to an anonymous user. */
  isGiven: boolean;
  device?: string | undefined;
  /** What its sessions have in common. */
  line?: string | undefined;
  /** Whether it has listened before: then it takes nobody else's place. */
  resumes?: boolean;
  place?: Place | undefined;
  /** Its own session from which the new one is to take over. */
  predecessor?: Session | undefined;
}

/** A session as POST /connect answers it, its secret included. */
export interface Session extends Omit<SessionInfo, "knownAs"> {
  /** Undefined where the webapp is too old to let one session take over from another. */
  knownAs: string | undefined;
  /** The session's only secret: it opens the socket and authorizes every request. */
  passcode: string;
  /** How to listen by MQTT, as the webapp says it; undefined where that is impossible. */
  mqtt: JsonObject | undefined;
  /** Whether the node lets one listen by STOMP, as older servers always do. */
  stomp: boolean;
  ice: IceAnswer;
  /** Whether its socket is still open while another one takes over from it. */
  listens?: boolean;
}

/** Opens a session of this user. */
export async function openSession(http: Http, identity: Identity, tokens: Tokens): Promise<Session> {
  let { userId } = identity;
  for (let asked = 1; ; asked++) {
    const token = await tokens.get();
    try {
      return await requestSession(http, { ...identity, userId }, token);
    } catch (error) {
      const isRefused = error instanceof SignalBrokerError && error.status === 401 && error.code !== "unreachable";
      if (!isRefused || asked === 2) {
        throw error;
      }
      if (error.code === "token-missing" && identity.isGiven) {
        // Without a token nobody keeps a name, not even an anonymous user, who gets another one.
        userId = undefined;
      } else if (!tokens.forget()) {
        throw error;
      }
    }
  }
}

/** Asks for a session once: with a token, or with a predecessor, whose credential proves as much. */
export async function requestSession(http: Http, identity: Identity, token?: string): Promise<Session> {
  const { userId, device, line, resumes, predecessor, place } = identity;
  const body = {
    ...place,
    userId,
    device,
    line,
    // By its line the webapp recognizes the client's own lost session; without one it could be anybody's.
    resumes: resumes && line !== undefined,
    predecessor: predecessor && {
      listeningKey: predecessor.listeningKey,
      passcode: predecessor.passcode,
      listens: predecessor.listens,
    },
  };
  const authorization = token === undefined ? undefined : `Bearer ${token}`;
  return readSession(await http.request("POST", "connect", { body, authorization }));
}

/** How long to wait for a session's end, at most. */
const farewellMs = 5000;

/** Ends a session, as far as the webapp can be reached. */
export async function closeSession(http: Http, session: Session, keepalive = false): Promise<void> {
  try {
    await http.request("POST", "disconnect", { authorization: basic(session), keepalive, timeoutMs: farewellMs });
  } catch {
    // The node ends the session in any case when its socket breaks.
  }
}

function readSession(answer: JsonObject): Session {
  const ways = objectsOf(answer, "listening");
  const offer = (wanted: string) => ways.find(({ protocol }) => protocol === wanted);
  return {
    userId: required(answer, "userId"),
    device: textOf(answer, "device"),
    listeningAddress: required(answer, "listeningAddress"),
    listeningKey: required(answer, "listeningKey"),
    knownAs: textOf(answer, "knownAs"),
    passcode: required(answer, "passcode"),
    mqtt: offer("mqtt"),
    stomp: ways.length === 0 || offer("stomp") !== undefined,
    ice: readIceServers(answer),
  };
}

function required(answer: JsonObject, member: string): string {
  const text = textOf(answer, member);
  if (text === undefined) {
    // Something other than a webapp answered, such as a hotel's sign-in page; it may go away.
    throw new SignalBrokerError("unreachable", `The answer to /connect has no ${member}.`);
  }
  return text;
}
