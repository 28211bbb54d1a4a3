import { Client, Versions, type IStompSocket, type StompConfig } from "@stomp/stompjs";
import { createAlarm } from "../base/alarm.js";
import type { Session } from "../listening/session.js";
import { listeningWithinMs, type OpenTransport } from "../listening/transport.js";
import type { StartHeartbeat } from "./heartbeat.js";

/** Opens a WebSocket: the browser's own unless the application brings another. */
export type OpenSocket = (address: string, protocols: string[]) => unknown;

const heartbeatMs = 10_000;
/** So long a node may take to confirm the end. */
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
      webSocketFactory: open,
      onConnect() {
        isBlocked = false;
        if (!ended) {
          wait(listeningWithinMs);
          stopHeartbeat = startHeartbeat(() => beat(client));
          subscribe();
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
          // The node checks it, which is the webapp's proof of who has sent it.
          headers: { "user-id": session.listeningKey },
          body,
        });
      },
      close: end,
    };

    function wait(ms: number): void {
      patience.set(ms, () => lose("The node did not confirm in time."));
    }

    function open(): IStompSocket {
      try {
        return openSocket(session.listeningAddress, ["v12.stomp"]) as IStompSocket;
      } catch (error) {
        // Nobody would catch it: there is no WebSocket here, or the page's policy forbids it.
        lose(`The socket to the node can't be opened (${String(error)}).`);
        return {} as IStompSocket;
      }
    }

    function subscribe(): void {
      const receipt = `listening-${session.listeningKey}`;
      client.watchForReceipt(receipt, () => {
        patience.clear();
        if (!ended) {
          events.listening();
        }
      });
      client.subscribe(
        `/queue/${session.listeningKey}`,
        ({ body }) => {
          if (!ended) {
            events.received(body);
          }
        },
        { exclusive: "true", "auto-delete": "true", durable: "false", ack: "auto", receipt },
      );
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

function clientOptions({ listeningKey, passcode }: Session): StompConfig {
  return {
    stompVersions: new Versions([Versions.V1_2]),
    connectHeaders: { login: listeningKey, passcode, host: "/" },
    // A key opens one socket, once: whoever loses it needs a new session.
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

/** A node that is stuck neither confirms the end nor closes the socket, which would keep a program alive. */
function leave(client: Client): void {
  const forced = setTimeout(() => void client.deactivate({ force: true }), farewellMs);
  void client.deactivate().then(() => clearTimeout(forced));
}
