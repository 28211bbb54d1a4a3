import { asSignalBrokerError, SignalBrokerError } from "../base/errors.js";
import { basic, type Http } from "../base/http.js";
import type { JsonObject } from "../base/json.js";
import { uniqueId } from "../base/random.js";
import type { Listening } from "../listening/listening.js";
import type { OutgoingSignal } from "./signal.js";
import type { SocketSending } from "./socket.js";

export interface DispatchParts {
  http: Http;
  socket: SocketSending;
  usesSocket: boolean;
  current(): Listening["current"];
  expired: Listening["expired"];
}

/** Sends signals, and what is settled: with a request each, or through the socket where there is one. */
export function createDispatch({ http, socket, usesSocket, current, expired }: DispatchParts) {
  return {
    /**
     * Sends one signal; fulfilled with the answer.
     * @throws SignalBrokerError `unauthorized` when nothing listens, or what the webapp says
     */
    send: ({ id, body }: OutgoingSignal): Promise<JsonObject> => transmit("exchange", body, id, body),
    /** Tells which stored signals are done with; throws as `send` does. */
    settle(sequences: readonly number[]): Promise<JsonObject> {
      const id = uniqueId();
      const body = JSON.stringify({ sequences });
      return transmit("inbox/settle", body, id, `{"id":"${id}","settle":${body}}`);
    },
    /** Sends the last signal, even if the page is being left; nobody waits for an answer. */
    sendLast: ({ body }: OutgoingSignal): void => last("exchange", body),
    settleLast: (sequences: readonly number[]): void => last("inbox/settle", JSON.stringify({ sequences })),
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
