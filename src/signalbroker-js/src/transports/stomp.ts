import { Client, Versions, type IStompSocket, type StompConfig } from "@stomp/stompjs";
import { createAlarm } from "../base/alarm.js";
import type { Session } from "../listening/session.js";
import { listeningWithinMs, type OpenTransport, type TransportEvents } from "../listening/transport.js";
import type { StartHeartbeat } from "./heartbeat.js";

/** Opens a WebSocket: the browser's own unless the application brings another. */
export type OpenSocket = (address: string, protocols: string[]) => unknown;

const heartbeatMs = 10_000;
/** How long a node may take to confirm the end. */
const farewellMs = 5000;
const isOpen = 1;

/** Listens to a session's queue on its node: STOMP 1.2 over a WebSocket. */
export function createStompTransport(openSocket: OpenSocket, startHeartbeat: StartHeartbeat): OpenTransport {
  return (session, events, withinMs) => {
    const patience = createAlarm();
    let ended = false;
    let isBlocked = true;
    let stopHeartbeat = (): void => undefined;

    const client = new Client({
      ...clientOptions(session),
      webSocketFactory: () => open(openSocket, session, lose),
      onConnect() {
        isBlocked = false;
        if (!ended) {
          wait(listeningWithinMs);
          stopHeartbeat = startHeartbeat(() => beat(client));
          subscribe(client, session, () => !ended, {
            ...events,
            listening() {
              patience.clear();
              events.listening();
            },
          });
        }
      },
      onStompError({ headers }) {
        isBlocked = false;
        lose(`The node refused: ${headers["message"] ?? "no reason given"}.`);
      },
      onWebSocketClose: () => lose("The socket to the node closed."),
    });
    wait(withinMs);
    client.activate();

    return {
      send(body) {
        client.publish({
          destination: `/exchange/signals/${session.listeningKey}`,
          // The node checks it, which proves the sender to the webapp.
          headers: { "user-id": session.listeningKey },
          body,
        });
      },
      close: end,
    };

    function wait(ms: number): void {
      patience.set(ms, () => lose("The node did not confirm in time."));
    }

    function lose(reason: string): void {
      if (!ended) {
        end();
        events.lost(reason, isBlocked);
      }
    }

    function end(): void {
      ended = true;
      patience.clear();
      stopHeartbeat();
      leave(client);
    }
  };
}

function open(openSocket: OpenSocket, { listeningAddress }: Session, lose: (reason: string) => void): IStompSocket {
  try {
    return openSocket(listeningAddress, ["v12.stomp"]) as IStompSocket;
  } catch (error) {
    // Nobody would catch it: there is no WebSocket here, or the page's policy forbids it.
    lose(`The socket to the node can't be opened (${String(error)}).`);
    return {} as IStompSocket;
  }
}

function subscribe(client: Client, { listeningKey }: Session, isActive: () => boolean, events: TransportEvents): void {
  const receipt = `listening-${listeningKey}`;
  client.watchForReceipt(receipt, () => isActive() && events.listening());
  client.subscribe(`/queue/${listeningKey}`, ({ body }) => isActive() && events.received(body), {
    exclusive: "true",
    "auto-delete": "true",
    durable: "false",
    ack: "auto",
    receipt,
  });
}

function clientOptions({ listeningKey, passcode }: Session): StompConfig {
  return {
    stompVersions: new Versions([Versions.V1_2]),
    connectHeaders: { login: listeningKey, passcode, host: "/" },
    // A key opens one socket, once: a lost one needs a new session.
    reconnectDelay: 0,
    heartbeatIncoming: heartbeatMs,
    heartbeatOutgoing: heartbeatMs,
    // A dead network never answers the closing handshake.
    discardWebsocketOnCommFailure: true,
  };
}

function beat({ webSocket }: Client): void {
  if (globalThis.document?.hidden && webSocket?.readyState === isOpen) {
    webSocket.send("\n");
  }
}

/** A stuck node neither confirms the end nor closes the socket, which would keep a program alive. */
function leave(client: Client): void {
  const forced = setTimeout(() => void client.deactivate({ force: true }), farewellMs);
  void client.deactivate().then(() => clearTimeout(forced));
}
