import { candidatesIn, type Candidates } from "./candidates.js";
import type { NegotiationParts } from "./negotiation.js";
import type { Offering } from "./offering.js";
import type { Say } from "./saying.js";

/** What both ends have described of themselves. */
export function createDescriptions(
  { connection, polite, onFirstOffer }: NegotiationParts,
  offering: Offering,
  candidates: Candidates,
  tell: Say,
) {
  /** The number of the newest offer of the other end. */
  let otherOffer = 0;

  return {
    /** The other end's; one that was repeated or overtaken is ignored. */
    async take(description: RTCSessionDescriptionInit, offer: number): Promise<void> {
      if (description.type === "offer") {
        await takeOffer(description, offer);
      } else if (connection.signalingState === "have-local-offer" && offer === offering.newest) {
        await connection.setRemoteDescription(description);
        await candidates.takeEarly();
      }
    },
    /** Says this end's. */
    say,
  };

  async function takeOffer(description: RTCSessionDescriptionInit, offer: number): Promise<void> {
    const isStable = connection.signalingState === "stable";
    if ((!polite && (offering.isMaking || !isStable)) || offer < otherOffer) {
      return;
    }
    if (offer === otherOffer && isStable) {
      // The other end did not hear the answer, unless an offer of this end has been answered since.
      if (connection.localDescription?.type === "answer") {
        say();
        // It may have found them since, and their signals may be lost, too.
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
    say();
    await candidates.takeEarly();
  }

  function say(): void {
    const description = connection.localDescription;
    if (description) {
      const offer = description.type === "offer" ? offering.newest : otherOffer;
      tell({ description: description.toJSON(), offer });
    }
  }
}

export type Descriptions = ReturnType<typeof createDescriptions>;
