import { Client, Versions, type IStompSocket } from "@stomp/stompjs";
import type { StartHeartbeat } from "./heartbeat.js";
import { listeningWithinMs, type OpenTransport } from "../listening/transport.js";

/** Opens a WebSocket: the browser's own unless the application brings another. */
export type OpenSocket = (address: string, protocols: string[]) => unknown;

const heartbeatMs = 10_000;
/** So long a node may take to confirm the end. */
const farewellMs = 5000;
const isOpen = 1;

/** Listens to a session's queue on its node: STOMP 1.2 over a WebSocket. */
export function createStompTransport(openSocket: OpenSocket, startHeartbeat: StartHeartbeat): OpenTransport {
  return (session, events, withinMs) => {
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
    let patience = wait(withinMs);
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

    function wait(ms: number): ReturnType<typeof setTimeout> {
      return setTimeout(() => lose("The node did not confirm in time."), ms);
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
      isBlocked = false;
      if (ended) {
        return;
      }
      clearTimeout(patience);
      patience = wait(listeningWithinMs);
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
      // A node that is stuck neither confirms the end nor closes the socket, which would keep a program alive.
      const forced = setTimeout(() => void client.deactivate({ force: true }), farewellMs);
      void client.deactivate().then(() => clearTimeout(forced));
    }
  };
}
