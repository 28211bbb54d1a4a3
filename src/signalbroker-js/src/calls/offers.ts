import { pause } from "../base/timers.js";

/** How often to check whether the tracks have changed. */
const checkMs = 1000;

/**
 * This end's offers, which are numbered.
 * @param onOffer a new one is ready to be sent
 */
export function createOffers(connection: RTCPeerConnection, onOffer: () => void) {
  const offers = {
    /** The number of the newest one; 0 before the first. */
    newest: 0,
    /** Whether one is being made. */
    isMaking: false,
    /** Takes back the newest one, which can't be sent, and makes no other until something has changed. */
    async takeBack(): Promise<void> {
      isHeld = true;
      // The application may change the state too: it has the connection.
      await connection.setLocalDescription({ type: "rollback" }).catch(() => undefined);
      void offerOnceChanged();
    },
  };
  let isHeld = false;

  connection.onnegotiationneeded = async () => {
    if (isHeld) {
      return;
    }
    try {
      offers.isMaking = true;
      await connection.setLocalDescription();
      offers.newest++;
      onOffer();
    } catch (error) {
      if (!isClosed()) {
        throw error;
      }
    } finally {
      offers.isMaking = false;
    }
  };
  return offers;

  /** While a change waits to be negotiated, the browser reports no further one. */
  async function offerOnceChanged(): Promise<void> {
    const media = (): string =>
      connection.getTransceivers().map(({ direction, sender }) => `${direction} ${sender.track?.id}`).join();
    for (const refused = media(); media() === refused && !isClosed(); ) {
      await pause(checkMs);
    }
    isHeld = false;
    if (!isClosed()) {
      connection.onnegotiationneeded?.(new Event("negotiationneeded"));
    }
  }

  function isClosed(): boolean {
    return connection.signalingState === "closed";
  }
}

export type Offers = ReturnType<typeof createOffers>;
