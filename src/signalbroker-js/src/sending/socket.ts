import type { ControlSignal } from "../base/envelope.js";
import { SignalBrokerError } from "../base/errors.js";
import { objectOf, textOf, type JsonObject } from "../base/json.js";
import { readProblem } from "./problem.js";

interface Waiting {
  timer: ReturnType<typeof setTimeout>;
  resolve(answer: JsonObject): void;
  reject(error: SignalBrokerError): void;
}

const answerWithinMs = 10_000;

/** Sends through the socket; what has an id is answered by a control envelope that names it. */
export function createSocketSending() {
  const waiting = new Map<string, Waiting>();

  return {
    /** Whether this id may be sent this way: its answers must not be mistaken for another's. */
    takes: (id: string): boolean => !waiting.has(id),

    /**
     * Fulfilled with the answer.
     * @throws SignalBrokerError as over HTTP, `unreachable` when no answer comes
     */
    send: (transmit: (body: string) => void, id: string, body: string): Promise<JsonObject> =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          take(id)?.reject(new SignalBrokerError("unreachable", "No answer came through the socket."));
        }, answerWithinMs);
        waiting.set(id, { timer, resolve, reject });
        transmit(body);
      }),

    /** The server has written an envelope: `outcome` holds what /exchange answers, `error` its problem details. */
    receive({ type, content }: ControlSignal): void {
      const answer = objectOf(content);
      const id = textOf(answer, "id");
      if (id !== undefined && type === "outcome") {
        take(id)?.resolve(answer);
      } else if (id !== undefined && type === "error") {
        take(id)?.reject(readProblem(answer));
      }
    },

    /** The socket is lost: no more answers come. */
    lost(): void {
      for (const id of [...waiting.keys()]) {
        take(id)?.reject(new SignalBrokerError("unreachable", "No answer came before the socket was lost."));
      }
    },
  };

  function take(id: string): Waiting | undefined {
    const found = waiting.get(id);
    clearTimeout(found?.timer);
    waiting.delete(id);
    return found;
  }
}

export type SocketSending = ReturnType<typeof createSocketSending>;
