import type { SignalBrokerError } from "../base/errors.js";
import { createCandidates } from "./candidates.js";
import type { Negotiate } from "./content.js";
import { createDescriptions } from "./descriptions.js";
import type { Reach } from "./line.js";
import { createOffers } from "./offers.js";
import { unpack } from "./packing.js";
import { createSender } from "./sender.js";

export interface NegotiationParts {
  connection: RTCPeerConnection;
  /** The polite end gives way when both offer at once. */
  polite: boolean;
  send(content: Negotiate): Promise<Reach>;
  /** The first offer was taken, and is about to be answered. */
  onFirstOffer(): void;
  /** The server refuses a description. An offer is taken back; without an answer the two ends no longer agree. */
  onRefused(error: SignalBrokerError, isAnswer: boolean): void;
}

/**
 * Keeps the two descriptions of a connection in agreement: the perfect negotiation pattern of the WebRTC specification
 * (section 10.7), and what it leaves out: offers are numbered, so that repeated or outdated signals do no harm, and
 * everything that is due goes out in one signal.
 */
export function createNegotiation(parts: NegotiationParts) {
  const { connection, polite, onRefused } = parts;
  /** Signals are taken one after the other. */
  let taken: Promise<void> = Promise.resolve();
  const say = createSender(connection, parts.send, giveUp);
  const offers = createOffers(connection, () => descriptions.sendOwn());
  const candidates = createCandidates(connection);
  const descriptions = createDescriptions(parts, offers, candidates, say);

  connection.onicecandidate = ({ candidate }) => {
    if (candidate) {
      say({ candidates: [candidate.toJSON()] });
    }
  };

  return {
    receive: (content: Negotiate): Promise<void> => inTurn(() => take(content)),
    /** Signals may have been lost: sends again what the other end may have missed. */
    resync(): void {
      if (connection.signalingState === "have-local-offer") {
        descriptions.sendOwn();
      } else if (!polite && offers.newest > 0 && connection.connectionState !== "connected") {
        connection.restartIce();
      }
    },
    /** Closes the connection. */
    close(): void {
      connection.onnegotiationneeded = connection.onicecandidate = null;
      connection.close();
    },
  };

  function inTurn(taking: () => Promise<void>): Promise<void> {
    // The caller hears of a failure, which must not keep the next from being taken.
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
      if (connection.signalingState !== "closed") {
        throw error;
      }
    }
  }

  async function giveUp({ description, offer }: Negotiate, error: SignalBrokerError): Promise<void> {
    onRefused(error, description?.type === "answer");
    if (description?.type === "offer") {
      await inTurn(async () => {
        // Meanwhile the other end's offer may have come, which takes this one back by itself.
        if (offer === offers.newest && connection.signalingState === "have-local-offer") {
          await offers.takeBack();
        }
      });
    }
  }
}

export type Negotiation = ReturnType<typeof createNegotiation>;
