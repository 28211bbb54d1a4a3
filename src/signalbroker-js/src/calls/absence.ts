import { createAlarm } from "../base/alarm.js";
import type { Reach } from "./line.js";

/** Notices when the other end listens nowhere. */
export interface Absence {
  /** Judges by what became of a signal, and returns it. */
  notice(reached: Reach): Reach;
  /** The other end has said something. */
  end(): void;
}

/** How long an end that listens nowhere may take to come back while there is no connection. */
const comeBackMs = 25_000;

/** @param lose the other end has not come back in time */
export function createAbsence(connection: RTCPeerConnection, lose: () => void): Absence {
  const patience = createAlarm();
  let isGone = false;
  return {
    notice(reached) {
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
    end() {
      isGone = false;
      patience.clear();
    },
  };
}
