import { createAlarm } from "../base/alarm.js";
import type { Reach } from "./line.js";

/** How long an end that listens nowhere may take to come back while there is no connection. */
const comeBackMs = 25_000;

/**
 * Notices when the other end listens nowhere.
 * @param lose the other end has not come back in time
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
    /** The other end has said something. */
    end(): void {
      isGone = false;
      patience.clear();
    },
  };
}

export type Absence = ReturnType<typeof createAbsence>;
