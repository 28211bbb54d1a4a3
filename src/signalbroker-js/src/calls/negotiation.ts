import type { Negotiate } from "./content.js";
import type { Reach } from "./line.js";

/** Keeps the two descriptions of a connection in agreement. */
export interface Negotiation {
  receive(content: Negotiate): Promise<void>;
  /** Signals may have been lost: says again what the other end may have missed. */
  resync(): void;
  close(): void;
}

export interface NegotiationParts {
  connection: RTCPeerConnection;
  /** The polite end gives way when both offer at once. */
  polite: boolean;
  send(content: Negotiate): Promise<Reach>;
  /** The first offer was taken, and is about to be answered. */
  onFirstOffer(): void;
}

const retryMs = 1000;

/**
 * The perfect negotiation pattern of the WebRTC specification (section 10.7), and what it leaves out: offers are
 * numbered, so that signals which were repeated or overtaken do no harm, and what is due is sent in one signal.
 */
export function createNegotiation({ connection, polite, send, onFirstOffer }: NegotiationParts): Negotiation {
  let makingOffer = false;
  let isSettingRemoteAnswerPending = false;
  let closed = false;
  /** The number of the newest offer of this end, and of the other. */
  let ownOffer = 0;
  let otherOffer = 0;
  /** Candidates that came before a description. */
  let early: RTCIceCandidateInit[] = [];
  let due: Negotiate[] = [];
  let isSending = false;
  /** What came is taken one after the other. */
  let taken: Promise<void> = Promise.resolve();

  connection.onnegotiationneeded = async () => {
    try {
      makingOffer = true;
      await connection.setLocalDescription();
      ownOffer++;
      sayDescription();
    } catch (error) {
      ignoreIfClosed(error);
    } finally {
      makingOffer = false;
    }
  };
  connection.onicecandidate = ({ candidate }) => {
    if (candidate) {
      say({ candidates: [candidate.toJSON()] });
    }
  };

  return {
    receive(content) {
      // One that fails, which its caller hears of, must not keep the next from being taken.
      const mine = taken.then(() => take(content));
      taken = mine.catch(() => undefined);
      return mine;
    },
    resync() {
      if (connection.signalingState === "have-local-offer") {
        sayDescription();
      } else if (!polite && ownOffer > 0 && connection.connectionState !== "connected") {
        connection.restartIce();
      }
    },
    close() {
      closed = true;
      connection.onnegotiationneeded = null;
      connection.onicecandidate = null;
    },
  };

  async function take({ description, offer = 0, candidates = [] }: Negotiate): Promise<void> {
    try {
      if (description) {
        await takeDescription(description, offer);
      }
      await takeCandidates(candidates);
    } catch (error) {
      ignoreIfClosed(error);
    }
  }

  async function takeDescription(description: RTCSessionDescriptionInit, offer: number): Promise<void> {
    if (description.type === "offer") {
      const isReady = !makingOffer && (connection.signalingState === "stable" || isSettingRemoteAnswerPending);
      const isCollision = !isReady;
      if ((isCollision && !polite) || offer < otherOffer) {
        return;
      }
      if (offer === otherOffer && connection.signalingState === "stable") {
        // The other end did not hear the answer, unless an offer of this end has been answered since.
        if (connection.localDescription?.type === "answer") {
          sayDescription();
          // It may have found them since, and their signals may be lost, too.
          await takeCandidates(candidatesIn(description));
        }
        return;
      }
    } else if (connection.signalingState !== "have-local-offer" || offer !== ownOffer) {
      return;
    }

    isSettingRemoteAnswerPending = description.type === "answer";
    try {
      await connection.setRemoteDescription(description);
    } finally {
      isSettingRemoteAnswerPending = false;
    }
    const waiting = early;
    early = [];
    if (description.type === "offer") {
      const isFirst = otherOffer === 0;
      otherOffer = offer;
      if (isFirst) {
        onFirstOffer();
      }
      await connection.setLocalDescription();
      sayDescription();
    }
    await takeCandidates(waiting);
  }

  async function takeCandidates(candidates: RTCIceCandidateInit[]): Promise<void> {
    for (const candidate of candidates) {
      if (!connection.remoteDescription) {
        early.push(candidate);
        continue;
      }
      try {
        await connection.addIceCandidate(candidate);
      } catch {
        // It belongs to an offer that was ignored, or to one from before a restart.
      }
    }
  }

  function sayDescription(): void {
    const description = connection.localDescription;
    if (description) {
      say({ description: description.toJSON(), offer: description.type === "offer" ? ownOffer : otherOffer });
    }
  }

  function say({ description, offer, candidates = [] }: Omit<Negotiate, "kind">): void {
    const last = due.at(-1);
    if (description) {
      // It holds the candidates that were found before it. An answer means that an unsent offer was rolled back; only
      // an unsent answer is still to be sent before an offer.
      due = due.filter((waiting) => description.type === "offer" && waiting.description?.type === "answer");
      due.push({ kind: "negotiate", description, offer, candidates });
    } else if (last) {
      last.candidates = [...(last.candidates ?? []), ...candidates];
    } else {
      due.push({ kind: "negotiate", candidates });
    }
    void flush();
  }

  async function flush(): Promise<void> {
    if (isSending) {
      return;
    }
    isSending = true;
    // Candidates are found in bursts: what comes within one tick, or while a signal is under way, goes out together.
    await delay(0);
    for (let next = due.shift(); next && !closed; next = due.shift()) {
      if ((await send(next)) === "unsure") {
        await delay(retryMs);
        due.unshift(next);
      }
      // When its session is gone the other end comes back and asks: then everything is said again.
    }
    isSending = false;
  }

  function ignoreIfClosed(error: unknown): void {
    if (!closed && connection.signalingState !== "closed") {
      throw error;
    }
  }
}

/** The candidates that a description holds. */
function candidatesIn({ sdp = "" }: RTCSessionDescriptionInit): RTCIceCandidateInit[] {
  const [, ...sections] = sdp.split(/^m=/m);
  return sections.flatMap((section, sdpMLineIndex) =>
    [...section.matchAll(/^a=(candidate:.*)$/gm)].map(([, candidate = ""]) => ({ candidate, sdpMLineIndex })),
  );
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
