import { asSignalBrokerError, SignalBrokerError } from "../base/errors.js";
import { basic, type Http } from "../base/http.js";
import type { JsonObject } from "../base/json.js";
import type { Session } from "../listening/session.js";
import type { Transport } from "../listening/transport.js";
import { uniqueId } from "../base/random.js";
import type { OutgoingSignal } from "./signal.js";
import type { SocketSending } from "./socket.js";

/** How signals, and what is settled, go out: with a request each, or through the socket where there is one. */
export interface WayOut {
  /**
   * Sends one signal; fulfilled with what is answered.
   * @throws SignalBrokerError `unauthorized` when nothing listens, or what the webapp says
   */
  send(signal: OutgoingSignal): Promise<JsonObject>;
  /** Says which stored signals are done with; throws as `send` does. */
  settle(sequences: readonly number[]): Promise<JsonObject>;
  /** The same as the last thing, even if the page is being left; nobody waits for an answer. */
  sendLast(signal: OutgoingSignal): void;
  settleLast(sequences: readonly number[]): void;
}

export interface WayOutParts {
  http: Http;
  socket: SocketSending;
  usesSocket: boolean;
  current(): { session: Session; transport: Transport } | undefined;
  /** The webapp no longer knows the session. */
  expired(session: Session): void;
}

export function createWayOut({ http, socket, usesSocket, current, expired }: WayOutParts): WayOut {
  return {
    send: ({ id, body }) => transmit("exchange", body, id, body),
    settle(sequences) {
      const id = uniqueId();
      const body = JSON.stringify({ sequences });
      return transmit("inbox/settle", body, id, `{"id":"${id}","settle":${body}}`);
    },
    sendLast: ({ body }) => last("exchange", body),
    settleLast: (sequences) => last("inbox/settle", JSON.stringify({ sequences })),
  };

  async function transmit(path: string, body: string, id: string, frame: string): Promise<JsonObject> {
    const listening = current();
    if (!listening) {
      throw new SignalBrokerError("unauthorized", "Nothing listens at the moment.");
    }
    const { session, transport } = listening;
    try {
      return usesSocket && transport.send && socket.takes(id)
        ? await socket.send(transport.send, id, frame)
        : await http.request("POST", path, { body, authorization: basic(session) });
    } catch (thrown) {
      const error = asSignalBrokerError(thrown);
      if (error.code === "unauthorized") {
        expired(session);
      }
      throw error;
    }
  }

  function last(path: string, body: string): void {
    const session = current()?.session;
    if (session) {
      http.request("POST", path, { body, authorization: basic(session), keepalive: true }).catch(() => undefined);
    }
  }
}
