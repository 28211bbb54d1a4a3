import { candidatesIn, type Candidates } from "./candidates.js";
import type { NegotiationParts } from "./negotiation.js";
import type { Offers } from "./offers.js";
import type { Say } from "./sender.js";

/** Takes the other end's descriptions, and answers its offers. */
export function createDescriptions(
  { connection, polite, onFirstOffer }: NegotiationParts,
  offers: Offers,
  candidates: Candidates,
  say: Say,
) {
  /** The number of the other end's newest offer. */
  let otherOffer = 0;

  return {
    /** Takes one; a repeated or outdated one is ignored. */
    async take(description: RTCSessionDescriptionInit, offer: number): Promise<void> {
      if (description.type === "offer") {
        await takeOffer(description, offer);
      } else if (connection.signalingState === "have-local-offer" && offer === offers.newest) {
        await connection.setRemoteDescription(description);
        await candidates.takeEarly();
      }
    },
    sendOwn,
  };

  async function takeOffer(description: RTCSessionDescriptionInit, offer: number): Promise<void> {
    const isStable = connection.signalingState === "stable";
    if ((!polite && (offers.isMaking || !isStable)) || offer < otherOffer) {
      return;
    }
    if (offer === otherOffer && isStable) {
      // The other end missed the answer, unless an offer of this end has been answered since.
      if (connection.localDescription?.type === "answer") {
        sendOwn();
        // It may have found these since, and their signals may be lost too.
        await candidates.take(candidatesIn(description));
      }
      return;
    }

    await connection.setRemoteDescription(description);
    const isFirst = otherOffer === 0;
    otherOffer = offer;
    if (isFirst) {
      onFirstOffer();
    }
    await connection.setLocalDescription();
    sendOwn();
    await candidates.takeEarly();
  }

  /** Sends this end's description. */
  function sendOwn(): void {
    const description = connection.localDescription;
    if (description) {
      const offer = description.type === "offer" ? offers.newest : otherOffer;
      say({ description: description.toJSON(), offer });
    }
  }
}
