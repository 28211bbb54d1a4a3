import type { ControlSignal } from "../base/envelope.js";
import { SignalBrokerError } from "../base/errors.js";
import { isObject, numberOf, textOf, type JsonObject } from "../base/json.js";
import { readDeliveries } from "../base/delivery.js";

/** Sends through the socket; what has an id is answered by a control envelope that names it. */
export interface SocketSending {
  /** Whether something of this name may go this way: answers could not be told apart from those to another such one. */
  takes(id: string): boolean;
  /**
   * Fulfilled with what is answered.
   * @throws SignalBrokerError like the HTTP way does, `unreachable` when no answer comes
   */
  send(transmit: (body: string) => void, id: string, body: string): Promise<JsonObject>;
  /** An envelope that the server wrote. */
  receive(control: ControlSignal): void;
  /** The socket is lost: no more answers come. */
  lost(): void;
}

interface Waiting {
  timer: ReturnType<typeof setTimeout>;
  resolve(answer: JsonObject): void;
  reject(error: SignalBrokerError): void;
}

const answerWithinMs = 10_000;

export function createSocketSending(): SocketSending {
  const waiting = new Map<string, Waiting>();

  return {
    takes: (id) => !waiting.has(id),

    send: (transmit, id, body) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          take(id)?.reject(new SignalBrokerError("unreachable", "No answer came through the socket."));
        }, answerWithinMs);
        waiting.set(id, { timer, resolve, reject });
        transmit(body);
      }),

    // `outcome` holds what /exchange answers, `error` what its problem details would.
    receive({ type, content }) {
      const id = isObject(content) ? textOf(content, "id") : undefined;
      if (!isObject(content) || id === undefined) {
        return;
      }
      if (type === "outcome") {
        take(id)?.resolve(content);
      } else if (type === "error") {
        const retryAfter = numberOf(content, "retryAfter");
        take(id)?.reject(
          new SignalBrokerError(
            textOf(content, "code") ?? "internal-error",
            textOf(content, "detail") ?? "The webapp refused the signal.",
            {
              status: numberOf(content, "status"),
              retryAfterMs: retryAfter === undefined ? undefined : retryAfter * 1000,
              sessions: readDeliveries(content),
            },
          ),
        );
      }
    },

    lost() {
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
