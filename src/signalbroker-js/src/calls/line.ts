import { isFinal } from "../base/again.js";
import { asSignalBrokerError, type SignalBrokerError } from "../base/errors.js";
import type { Addressee, Sent } from "../sending/signal.js";
import type { CallContent, ReceivedContent } from "./content.js";
import { proofOf, type Role } from "./proof.js";

/** What calls need of the client. */
export interface CallParts {
  send(to: Addressee, content: unknown): Promise<Pick<Sent, "sessions"> & Partial<Sent>>;
  /** Sends at once, ahead of everything that waits, even if the page is being left. */
  sendLast(to: Addressee, content: unknown): void;
  /** The name under which others know this client's session. */
  self(): string;
}

/**
 * What became of a signal to the other end: it has it (`arrived`), its session is gone (`gone`), nobody knows, and the
 * signal should be sent again (`unsure`), or the error with which it is refused however often it is sent.
 */
export type Reach = "arrived" | "gone" | "unsure" | SignalBrokerError;

/** Whether the other end is told that something is over: `last` when the page is being left. */
export type Tell = "peer" | "last" | "nobody";

export interface LineEnds {
  readonly call: string;
  /** This end's role. */
  readonly role: Role;
  /** The other end's user; an anonymous one may come back under another name. */
  peer: string;
  /** The name of the other end's session, as far as known. */
  peerSession: string;
  /** What both ends know; empty until the callee accepts. */
  secret: string;
}

const rememberedSessions = 32;

/** Carries signals between two ends that share a secret, whatever sessions they listen on. */
export function createLine(parts: CallParts, ends: LineEnds) {
  const { call, role } = ends;
  const peerRole: Role = role === "caller" ? "callee" : "caller";
  /** The sessions that the other end has left for another, newest last. */
  let superseded: string[] = [];
  const signed = (content: CallContent): object => {
    const proof = line.secret === "" ? undefined : proofOf(line.secret, call, role, parts.self());
    return { call, proof, ...content };
  };
  const line = {
    ...ends,
    /** Whether a signal comes from the other end; if so, it may reveal a new session of it. */
    accepts({ proof }: ReceivedContent, from: string, fromSession: string): boolean {
      if (fromSession === line.peerSession) {
        return true;
      }
      if (proof !== proofOf(line.secret, call, peerRole, fromSession)) {
        return false;
      }
      // What a late signal says still counts, but its session is gone.
      if (!superseded.includes(fromSession)) {
        superseded = [...superseded, line.peerSession].slice(-rememberedSessions);
        line.peer = from;
        line.peerSession = fromSession;
      }
      return true;
    },
    async toSession(content: CallContent): Promise<Reach> {
      const session = line.peerSession;
      const reached = await reach(parts, { session }, signed(content));
      // The other end may have come back while the signal was on its way to the old session.
      return reached === "gone" && session !== line.peerSession ? "unsure" : reached;
    },
    /** Sends to all sessions of the other end's user: only the right one can do anything with it. */
    toUser: (content: CallContent): Promise<Reach> => reach(parts, line.peer, signed(content)),
    finish: (content: CallContent, tell: Tell): Promise<void> =>
      finish(parts, { session: line.peerSession }, signed(content), tell),
  };
  return line;
}

export type Line = ReturnType<typeof createLine>;

/** Sends, and says how far it came. */
export async function reach(parts: CallParts, to: Addressee, content: object): Promise<Reach> {
  try {
    const { sessions, accepted } = await parts.send(to, content);
    // Nobody says more of a hidden user; an end that comes back on another session says so itself.
    if (accepted || sessions.some(({ outcome }) => outcome === "queued")) {
      return "arrived";
    }
    return sessions.some(({ outcome }) => outcome !== "notListening") ? "unsure" : "gone";
  } catch (thrown) {
    const error = asSignalBrokerError(thrown);
    if (error.code === "user-not-listening") {
      return "gone";
    }
    return isFinal(error) ? error : "unsure";
  }
}

/** Sends the last signal, if it is to be sent. */
export async function finish(parts: CallParts, to: Addressee, content: object, tell: Tell): Promise<void> {
  if (tell === "last") {
    parts.sendLast(to, content);
  } else if (tell === "peer") {
    await reach(parts, to, content);
  }
}
