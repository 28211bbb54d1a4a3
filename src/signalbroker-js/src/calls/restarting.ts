import { createAlarm } from "../base/alarm.js";

/** How long a failed connection waits for an ICE restart to change anything, until there is another one. */
const againMs = 3000;

/**
 * Finds other paths for a connection.
 * @param configuration the configuration with ICE servers that are good now
 */
export function createRestarting(
  connection: RTCPeerConnection,
  configuration: () => Promise<RTCConfiguration>,
) {
  const again = createAlarm();
  let isOver = false;

  return {
    restart: (): void => void restart(),
    stop(): void {
      isOver = true;
      again.clear();
    },
  };

  async function restart(): Promise<void> {
    try {
      connection.setConfiguration(await configuration());
    } catch {
      // Some browsers refuse other servers later on; the old ones may still do.
    }
    if (!isOver) {
      connection.restartIce();
      // Without a relay and a network it finds no candidate, and the connection stays failed without a word.
      again.set(againMs, () => {
        if (connection.connectionState === "failed") {
          void restart();
        }
      });
    }
  }
}

export type Restarting = ReturnType<typeof createRestarting>;
