import { Client, Versions } from "@stomp/stompjs";
import type { Session } from "./api";
import { openTappedSocket } from "./tappedSocket";
import type { Wire } from "./wire";

declare const HEARTBEAT_WORKER: string;

const heartbeatMs = 10_000;
const listeningWithinMs = 15_000;

/** What a listener tells its owner. After `lost`, which comes at most once, it says nothing more. */
export interface ListenerEvents {
  /** The node lets the session in; it now waits for its subscription. */
  admitted(): void;
  /** The broker confirmed the subscription: from now on signals arrive. */
  listening(): void;
  received(body: string): void;
  lost(reason: string): void;
}

/** One socket of one session. */
export interface Listener {
  /** Ends it without calling `lost`. */
  close(): void;
}

export type OpenListener = (session: Session, events: ListenerEvents) => Listener;

/** Listens to a session's queue on its node (STOMP 1.2 over a WebSocket). */
export function createOpenListener(wire: Wire): OpenListener {
  return (session, events) => {
    let ended = false;
    let beat: Worker | undefined;

    const client = new Client({
      webSocketFactory: () => openTappedSocket(session.listeningAddress, wire),
      stompVersions: new Versions([Versions.V1_2]),
      connectHeaders: { login: session.listeningKey, passcode: session.passcode, host: "/" },
      // A key opens one socket, once: whoever loses it needs a new session.
      reconnectDelay: 0,
      heartbeatIncoming: heartbeatMs,
      heartbeatOutgoing: heartbeatMs,
      // A dead network never answers the closing handshake.
      discardWebsocketOnCommFailure: true,
      onConnect: subscribe,
      onStompError: (frame) => lose(`The node refused: ${frame.headers["message"] ?? "no reason given"}.`),
      onWebSocketClose: () => lose("The socket to the node closed."),
    });

    const patience = setTimeout(() => lose("The node didn't confirm in time."), listeningWithinMs);
    client.activate();
    return { close: end };

    function subscribe(): void {
      if (ended) {
        return;
      }
      events.admitted();
      beat = new Worker(HEARTBEAT_WORKER);
      beat.onmessage = () => {
        if (document.hidden && client.webSocket?.readyState === WebSocket.OPEN) {
          client.webSocket.send("\n");
        }
      };

      const receipt = `listening-${session.listeningKey}`;
      client.watchForReceipt(receipt, () => {
        clearTimeout(patience);
        if (!ended) {
          events.listening();
        }
      });
      client.subscribe(
        `/queue/${session.listeningKey}`,
        (message) => {
          if (!ended) {
            events.received(message.body);
          }
        },
        { exclusive: "true", "auto-delete": "true", durable: "false", ack: "auto", receipt },
      );
    }

    function lose(reason: string): void {
      if (!ended) {
        end();
        events.lost(reason);
      }
    }

    function end(): void {
      ended = true;
      clearTimeout(patience);
      beat?.terminate();
      void client.deactivate();
    }
  };
}
