import { asSignalBrokerError, SignalBrokerError } from "../base/errors.js";
import { basic, type Http } from "../base/http.js";
import { objectOf, type JsonObject } from "../base/json.js";
import { uniqueId } from "../base/random.js";
import type { Listening } from "../listening/listening.js";
import type { Session } from "../listening/session.js";
import { createBatches } from "./batches.js";
import type { OutgoingSignal } from "./signal.js";
import type { SocketSending } from "./socket.js";

export interface DispatchParts {
  http: Http;
  socket: SocketSending;
  usesSocket: boolean;
  current(): Listening["current"];
  expired: Listening["expired"];
}

/** Sends signals, and what is settled: over HTTP, or through the socket where there is one. */
export function createDispatch({ http, socket, usesSocket, current, expired }: DispatchParts) {
  const batches = createBatches((body) => post("exchange", body));

  return {
    /**
     * Sends one signal; fulfilled with the answer.
     * @throws SignalBrokerError `unauthorized` when nothing listens, or what the webapp says
     */
    send: (signal: OutgoingSignal): Promise<JsonObject> =>
      sendThroughSocket(signal.id, signal.body) ?? batches.send(signal),
    /** How many signals to one recipient may be sent without waiting for an answer. */
    mostAtOnce: (): number => (transmitter() ? 1 : batches.mostAtOnce),
    /** Tells which stored signals are done with; throws as `send` does. */
    async settle(sequences: readonly number[]): Promise<JsonObject> {
      const id = uniqueId();
      const body = JSON.stringify({ sequences });
      const answer = sendThroughSocket(id, `{"id":"${id}","settle":${body}}`) ?? post("inbox/settle", body);
      return objectOf(await answer);
    },
    /** Sends the last signal, even if the page is being left; nobody waits for an answer. */
    sendLast: ({ body }: OutgoingSignal): void => last("exchange", body),
    settleLast: (sequences: readonly number[]): void => last("inbox/settle", JSON.stringify({ sequences })),
  };

  function transmitter(): ((body: string) => void) | undefined {
    return usesSocket ? current()?.transport.send : undefined;
  }

  function sendThroughSocket(id: string, frame: string): Promise<JsonObject> | undefined {
    const transmit = transmitter();
    return transmit && socket.takes(id) ? withSession(() => socket.send(transmit, id, frame)) : undefined;
  }

  function post(path: string, body: string): Promise<unknown> {
    return withSession((session) => http.json("POST", path, { body, authorization: basic(session) }));
  }

  async function withSession<T>(ask: (session: Session) => Promise<T>): Promise<T> {
    const session = current()?.session;
    if (!session) {
      throw new SignalBrokerError("unauthorized", "Nothing listens at the moment.");
    }
    try {
      return await ask(session);
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
