import { createAlarm } from "../base/alarm.js";
import { deferred } from "../base/deferred.js";
import { createEmitter } from "../base/emitter.js";
import type { CallEnd, CallState } from "./call.js";
import type { LiveCallParts } from "./liveCall.js";

/** How long an ICE restart of a failed connection may take to change anything before the next one. */
const restartMs = 3000;

/**
 * Follows the state of a call's connection, and restarts ICE when it fails.
 * @param lose there was no connection for too long
 */
export function createStatus(
  connection: RTCPeerConnection,
  { patienceMs, configuration }: LiveCallParts,
  lose: () => void,
) {
  const states = createEmitter<CallState>();
  const connected = deferred<void>();
  const ended = deferred<CallEnd>();
  const patience = createAlarm();
  const nextRestart = createAlarm();
  patience.set(patienceMs, lose);

  connection.onconnectionstatechange = () => {
    switch (connection.connectionState) {
      case "connected":
        patience.clear();
        connected.resolve();
        show({ name: "connected" });
        break;
      case "failed":
        void restart();
        interrupted();
        break;
      case "disconnected":
        interrupted();
        break;
    }
  };

  const status = {
    state: { name: "connecting" } as CallState,
    connected: connected.promise,
    ended: ended.promise,
    onState: states.on,
    /** Looks for another path. */
    restart: (): void => void restart(),
    end(how: CallEnd, error: Error): void {
      patience.clear();
      nextRestart.clear();
      connected.reject(error);
      show({ name: "ended", end: how });
      ended.resolve(how);
    },
  };
  return status;

  function interrupted(): void {
    if (status.state.name === "connected") {
      patience.set(patienceMs, lose);
      show({ name: "reconnecting" });
    }
  }

  async function restart(): Promise<void> {
    try {
      connection.setConfiguration(await configuration());
    } catch {
      // Some browsers refuse other servers later on; the old ones may still do.
    }
    if (status.state.name !== "ended") {
      connection.restartIce();
      // Without a relay and a network it finds no candidate, and the connection stays failed without a word.
      nextRestart.set(restartMs, () => {
        if (connection.connectionState === "failed") {
          void restart();
        }
      });
    }
  }

  function show(next: CallState): void {
    status.state = next;
    states.emit(next);
  }
}
