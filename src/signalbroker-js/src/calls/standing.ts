import { createAlarm } from "../base/alarm.js";
import { deferred } from "../base/deferred.js";
import { createEmitter } from "../base/emitter.js";
import type { CallEnd, CallState } from "./call.js";

/**
 * Where a call stands, as its connection tells.
 * @param patienceMs how long there may be no connection, in milliseconds
 * @param restart the connection has failed, and may find another path
 * @param lose there was no connection for too long
 */
export function createStanding(
  connection: RTCPeerConnection,
  patienceMs: number,
  restart: () => void,
  lose: () => void,
) {
  const states = createEmitter<CallState>();
  const connected = deferred<void>();
  const ended = deferred<CallEnd>();
  const patience = createAlarm();
  let state: CallState = { name: "connecting" };
  patience.set(patienceMs, lose);

  connection.onconnectionstatechange = () => {
    switch (connection.connectionState) {
      case "connected":
        patience.clear();
        connected.resolve();
        show({ name: "connected" });
        break;
      case "failed":
        restart();
        interrupted();
        break;
      case "disconnected":
        interrupted();
        break;
    }
  };

  return {
    get state(): CallState {
      return state;
    },
    connected: connected.promise,
    ended: ended.promise,
    onState: states.on,
    end(how: CallEnd, error: Error): void {
      patience.clear();
      connected.reject(error);
      show({ name: "ended", end: how });
      ended.resolve(how);
    },
  };

  function interrupted(): void {
    if (state.name === "connected") {
      patience.set(patienceMs, lose);
      show({ name: "reconnecting" });
    }
  }

  function show(next: CallState): void {
    state = next;
    states.emit(next);
  }
}
