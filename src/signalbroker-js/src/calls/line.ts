import { isFinal } from "../base/again.js";
import { asSignalBrokerError, type SignalBrokerError } from "../base/errors.js";
import type { Addressee, Sent } from "../sending/signal.js";
import type { CallContent, ReceivedContent } from "./content.js";
import { proofOf, type Role } from "./proof.js";

/** What calls need of the client. */
export interface CallParts {
  send(to: Addressee, content: unknown): Promise<Pick<Sent, "sessions"> & Partial<Sent>>;
  /** Sends at once, past everything that waits, even if the page is being left. */
  sendLast(to: Addressee, content: unknown): void;
  self(): { userId: string; listeningKey: string };
}

/**
 * What became of a signal to the other end: it has it (`arrived`), its session is gone (`gone`), nobody knows, and the
 * signal should be sent again (`unsure`), or the error with which it is refused however often it is sent.
 */
export type Reach = "arrived" | "gone" | "unsure" | SignalBrokerError;

/** The signals between two ends that share a secret, whatever sessions they listen on. */
export interface Line {
  readonly call: string;
  /** The other end's user; who is anonymous may come back under another name. */
  readonly peer: string;
  /** The listening key of the other end's session, as far as known. */
  readonly peerSession: string;
  /** Whether a signal comes from the other end; if it does, it may tell a new session of it. */
  accepts(content: ReceivedContent, from: string, fromSession: string): boolean;
  toSession(content: CallContent): Promise<Reach>;
  /** To all sessions of the other end's user: those that are not meant can't do anything with it. */
  toUser(content: CallContent): Promise<Reach>;
  /** As the last thing; nobody waits for it. */
  last(content: CallContent): void;
}

export interface LineEnds {
  call: string;
  peer: string;
  peerSession: string;
  role: Role;
  secret: string;
}

const remembered = 32;

export function createLine(parts: CallParts, { call, role, secret, ...ends }: LineEnds): Line {
  const peerRole: Role = role === "caller" ? "callee" : "caller";
  let { peer, peerSession } = ends;
  /** Sessions that the other end has left for another, newest last. */
  let superseded: string[] = [];
  const signed = (content: CallContent): object => ({
    call,
    proof: proofOf(secret, call, role, parts.self().listeningKey),
    ...content,
  });

  return {
    call,
    get peer() {
      return peer;
    },
    get peerSession() {
      return peerSession;
    },
    accepts({ proof }, from, fromSession) {
      if (fromSession === peerSession) {
        return true;
      }
      if (proof !== proofOf(secret, call, peerRole, fromSession)) {
        return false;
      }
      // A signal may be late: what it says still counts, but its session is gone.
      if (!superseded.includes(fromSession)) {
        superseded = [...superseded, peerSession].slice(-remembered);
        peer = from;
        peerSession = fromSession;
      }
      return true;
    },
    async toSession(content) {
      const session = peerSession;
      const reached = await reach(parts, { session }, signed(content));
      // The other end may have come back while the signal was under way to its old session.
      return reached === "gone" && session !== peerSession ? "unsure" : reached;
    },
    toUser: (content) => reach(parts, peer, signed(content)),
    last: (content) => parts.sendLast({ session: peerSession }, signed(content)),
  };
}

/** Sends, and says how far it came. */
export async function reach(parts: CallParts, to: Addressee, content: object): Promise<Reach> {
  try {
    const { sessions, accepted } = await parts.send(to, content);
    // Of whom one may not see nobody says more; if that end comes back on another session, it says so itself.
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
