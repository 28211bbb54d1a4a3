import { createAlarm } from "../base/alarm.js";
import type { Reach } from "./line.js";

/** How long the other end may take to come back while there is no connection. */
const comeBackMs = 25_000;

/**
 * Notices when the other end no longer listens.
 * @param lose it has not come back in time
 */
export function createAbsence(connection: RTCPeerConnection, lose: () => void) {
  const patience = createAlarm();
  let isGone = false;
  return {
    /** Judges by what became of a signal, and returns it. */
    notice(reached: Reach): Reach {
      if (reached === "gone" && !isGone) {
        isGone = true;
        patience.set(comeBackMs, () => {
          isGone = false;
          if (connection.connectionState !== "connected") {
            lose();
          }
        });
      }
      return reached;
    },
    /** A signal has come from the other end. */
    end(): void {
      isGone = false;
      patience.clear();
    },
  };
}
