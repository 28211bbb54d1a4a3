import { within } from "../base/pending.js";
import type { Session } from "../listening/session.js";
import type { OpenTransport } from "../listening/transport.js";
import type { StartHeartbeat } from "./heartbeat.js";
import type { OpenSocket } from "./stomp.js";

/** How long a session may wait for the transport: both are asked for at the same time. */
const patienceMs = 500;

/**
 * Loads MQTT's transport, a file of its own, for sessions that may use it.
 * @param isWanted whether it is to be used where that is possible
 */
export function createMqttLoader(openSocket: OpenSocket, startHeartbeat: StartHeartbeat, isWanted: boolean) {
  let loaded: OpenTransport | undefined;
  let loading: Promise<void> | undefined;

  return {
    /** For sessions that came through `ready` with an offer of MQTT. */
    open: (...attempt: Parameters<OpenTransport>) => (loaded as OpenTransport)(...attempt),
    /** The session, without its offer of MQTT as long as the transport can't be loaded. */
    async ready(opening: Promise<Session>): Promise<Session> {
      if (isWanted) {
        void load();
      }
      const session = await opening;
      if (session.mqtt && isWanted) {
        await within(patienceMs, load());
      }
      return loaded ? session : { ...session, mqtt: undefined };
    },
  };

  function load(): Promise<void> {
    return (loading ??= import("./mqtt.js").then(
      ({ createMqttTransport }) => void (loaded = createMqttTransport(openSocket, startHeartbeat)),
      () => void (loading = undefined),
    ));
  }
}
