import { Client, Versions, type IStompSocket } from "@stomp/stompjs";
import type { StartHeartbeat } from "./heartbeat.js";
import { listeningWithinMs, type OpenTransport } from "./transport.js";

/** Opens a WebSocket: the browser's own unless the application brings another. */
export type OpenSocket = (address: string, protocols: string[]) => unknown;

const heartbeatMs = 10_000;
const isOpen = 1;

/** Listens to a session's queue on its node: STOMP 1.2 over a WebSocket. */
export function createStompTransport(openSocket: OpenSocket, startHeartbeat: StartHeartbeat): OpenTransport {
  return (session, events) => {
    const queue = `/queue/${session.listeningKey}`;
    let ended = false;
    let isBlocked = true;
    let stopHeartbeat = (): void => undefined;

    const client = new Client({
      webSocketFactory: open,
      stompVersions: new Versions([Versions.V1_2]),
      connectHeaders: { login: session.listeningKey, passcode: session.passcode, host: "/" },
      // A key opens one socket, once: whoever loses it needs a new session.
      reconnectDelay: 0,
      heartbeatIncoming: heartbeatMs,
      heartbeatOutgoing: heartbeatMs,
      // A dead network never answers the closing handshake.
      discardWebsocketOnCommFailure: true,
      onConnect: subscribe,
      onStompError({ headers }) {
        isBlocked = false;
        lose(`The node refused: ${headers["message"] ?? "no reason given"}.`);
      },
      onWebSocketClose: () => lose("The socket to the node closed."),
    });
    const patience = setTimeout(() => lose("The node did not confirm in time."), listeningWithinMs);
    client.activate();

    return {
      send(body) {
        client.publish({ destination: `/exchange/signals/${session.listeningKey}`, body });
      },
      close: end,
    };

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
      isBlocked = false;
      if (ended) {
        return;
      }
      stopHeartbeat = startHeartbeat(() => {
        if (globalThis.document?.hidden && client.webSocket?.readyState === isOpen) {
          client.webSocket.send("\n");
        }
      });
      const receipt = `listening-${session.listeningKey}`;
      client.watchForReceipt(receipt, () => {
        clearTimeout(patience);
        if (!ended) {
          events.listening();
        }
      });
      client.subscribe(
        queue,
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
      clearTimeout(patience);
      stopHeartbeat();
      void client.deactivate();
    }
  };
}
