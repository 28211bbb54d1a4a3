import type { SignalBrokerError } from "../base/errors.js";
import { createCandidates } from "./candidates.js";
import type { Negotiate } from "./content.js";
import { createDescriptions } from "./descriptions.js";
import type { Reach } from "./line.js";
import { createOffering } from "./offering.js";
import { unpack } from "./packing.js";
import { createSaying } from "./saying.js";

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

/**
 * The perfect negotiation pattern of the WebRTC specification (section 10.7), and what it leaves out: offers are
 * numbered, so that signals which were repeated or overtaken do no harm, and what is due is sent in one signal.
 */
export function createNegotiation(parts: NegotiationParts): Negotiation {
  const { connection, polite, send, onRefused } = parts;
  let closed = false;
  /** What came is taken one after the other. */
  let taken: Promise<void> = Promise.resolve();
  const isClosed = (): boolean => closed;
  const say = createSaying(send, giveUp, isClosed);
  const offering = createOffering(connection, () => descriptions.say(), { isClosed, ignoreIfClosed });
  const candidates = createCandidates(connection);
  const descriptions = createDescriptions(parts, offering, candidates, say);

  connection.onicecandidate = ({ candidate }) => {
    if (candidate) {
      say({ candidates: [candidate.toJSON()] });
    }
  };

  return {
    receive: (content) => inTurn(() => take(content)),
    resync() {
      if (connection.signalingState === "have-local-offer") {
        descriptions.say();
      } else if (!polite && offering.newest > 0 && connection.connectionState !== "connected") {
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
    const { description, offer = 0, candidates: found = [] } = await unpack(content);
    try {
      if (description) {
        await descriptions.take(description, offer);
      }
      await candidates.take(found);
    } catch (error) {
      ignoreIfClosed(error);
    }
  }

  async function giveUp({ description, offer }: Negotiate, error: SignalBrokerError): Promise<void> {
    onRefused(error, description?.type === "answer");
    if (description?.type === "offer") {
      await inTurn(async () => {
        // The other end's offer may have come meanwhile, which has taken this one back by itself.
        if (offer === offering.newest && connection.signalingState === "have-local-offer" && !closed) {
          await offering.takeBack();
        }
      });
    }
  }

  function ignoreIfClosed(error: unknown): void {
    if (!closed && connection.signalingState !== "closed") {
      throw error;
    }
  }
}
