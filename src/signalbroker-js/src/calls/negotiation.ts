import { SignalBrokerError } from "../base/errors.js";
import { pause } from "../base/timers.js";
import type { Negotiate } from "./content.js";
import type { Reach } from "./line.js";
import { pack, unpack } from "./packing.js";

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
  /** Something can't be said to the other end. An offer is taken back; without an answer the two don't agree any more. */
  onRefused(error: SignalBrokerError, isAnswer: boolean): void;
}

const retryMs = 1000;

/**
 * The perfect negotiation pattern of the WebRTC specification (section 10.7), and what it leaves out: offers are
 * numbered, so that signals which were repeated or overtaken do no harm, and what is due is sent in one signal.
 */
export function createNegotiation(parts: NegotiationParts): Negotiation {
  const { connection, polite, send, onFirstOffer, onRefused } = parts;
  let makingOffer = false;
  let closed = false;
  /** The number of the newest offer of this end, and of the other. */
  let ownOffer = 0;
  let otherOffer = 0;
  /** Candidates that came before a description. */
  let early: RTCIceCandidateInit[] = [];
  let due: Negotiate[] = [];
  let isSending = false;
  /** What was offered last can't be said, and nothing has changed since. */
  let isHeld = false;
  /** What came is taken one after the other. */
  let taken: Promise<void> = Promise.resolve();

  connection.onnegotiationneeded = async () => {
    if (isHeld) {
      return;
    }
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
    receive: (content) => inTurn(() => take(content)),
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

  function inTurn(taking: () => Promise<void>): Promise<void> {
    // One that fails, which its caller hears of, must not keep the next from being taken.
    const mine = taken.then(taking);
    taken = mine.catch(() => undefined);
    return mine;
  }

  async function take(content: Negotiate): Promise<void> {
    const { description, offer = 0, candidates = [] } = await unpack(content);
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
      const isCollision = makingOffer || connection.signalingState !== "stable";
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

    await connection.setRemoteDescription(description);
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
    try {
      // Candidates are found in bursts: what comes within one tick, or while a signal is under way, goes out together.
      await pause(0);
      for (let next = due.shift(); next && !closed; next = due.shift()) {
        const reached = await send(await pack(next));
        if (reached === "unsure") {
          await pause(retryMs);
          due.unshift(next);
        } else if (reached instanceof SignalBrokerError && !closed) {
          await giveUp(next, reached);
        }
        // When its session is gone the other end comes back and asks: then everything is said again.
      }
    } finally {
      isSending = false;
    }
  }

  async function giveUp({ description, offer }: Negotiate, error: SignalBrokerError): Promise<void> {
    onRefused(error, description?.type === "answer");
    if (description?.type !== "offer") {
      return;
    }
    await inTurn(async () => {
      // The other end's offer may have come meanwhile, which has taken this one back by itself.
      if (offer === ownOffer && connection.signalingState === "have-local-offer" && !closed) {
        isHeld = true;
        // The application may change the state, too: the connection is its own.
        await connection.setLocalDescription({ type: "rollback" }).catch(() => undefined);
        void offerOnceChanged();
      }
    });
  }

  /** The browser tells of no further change while it waits for one to be negotiated. */
  async function offerOnceChanged(): Promise<void> {
    const media = (): string =>
      connection.getTransceivers().map(({ direction, sender }) => `${direction} ${sender.track?.id}`).join();
    for (const refused = media(); media() === refused && !closed; ) {
      await pause(retryMs);
    }
    isHeld = false;
    if (!closed) {
      connection.onnegotiationneeded?.(new Event("negotiationneeded"));
    }
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
