import { pause } from "../base/timers.js";

/** So often it is looked whether something has changed. */
const lookMs = 1000;

/**
 * The offers of this end, which are numbered.
 * @param onOffer there is one to say
 */
export function createOffering(
  connection: RTCPeerConnection,
  onOffer: () => void,
  { isClosed, ignoreIfClosed }: { isClosed(): boolean; ignoreIfClosed(error: unknown): void },
) {
  let newest = 0;
  let isMaking = false;
  let isHeld = false;

  connection.onnegotiationneeded = async () => {
    if (isHeld) {
      return;
    }
    try {
      isMaking = true;
      await connection.setLocalDescription();
      newest++;
      onOffer();
    } catch (error) {
      ignoreIfClosed(error);
    } finally {
      isMaking = false;
    }
  };

  return {
    /** The newest one's number; 0 before the first. */
    get newest(): number {
      return newest;
    },
    /** Whether one is being made. */
    get isMaking(): boolean {
      return isMaking;
    },
    /** Takes the newest one back, which can't be said, and makes no other until something has changed. */
    async takeBack(): Promise<void> {
      isHeld = true;
      // The application may change the state, too: the connection is its own.
      await connection.setLocalDescription({ type: "rollback" }).catch(() => undefined);
      void offerOnceChanged();
    },
  };

  /** The browser tells of no further change while it waits for one to be negotiated. */
  async function offerOnceChanged(): Promise<void> {
    const media = (): string =>
      connection.getTransceivers().map(({ direction, sender }) => `${direction} ${sender.track?.id}`).join();
    for (const refused = media(); media() === refused && !isClosed(); ) {
      await pause(lookMs);
    }
    isHeld = false;
    if (!isClosed()) {
      connection.onnegotiationneeded?.(new Event("negotiationneeded"));
    }
  }
}

export type Offering = ReturnType<typeof createOffering>;
