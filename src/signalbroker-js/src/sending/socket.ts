import { deferred, type Deferred } from "../base/deferred.js";
import type { ControlSignal } from "../base/envelope.js";
import { SignalBrokerError } from "../base/errors.js";
import { objectOf, textOf, type JsonObject } from "../base/json.js";
import { readProblem } from "./problem.js";

const answerWithinMs = 10_000;

/** Sends through the socket; what has an id is answered by a control envelope that names it. */
export function createSocketSending() {
  const waiting = new Map<string, Deferred<JsonObject>>();
  const unanswered = (): Deferred<JsonObject>[] => [...waiting.values()];

  return {
    /** Whether this id may be sent this way: its answers must not be mistaken for another's. */
    takes: (id: string): boolean => !waiting.has(id),

    /**
     * Fulfilled with the answer.
     * @throws SignalBrokerError as over HTTP, `unreachable` when no answer comes
     */
    async send(transmit: (body: string) => void, id: string, body: string): Promise<JsonObject> {
      const answer = deferred<JsonObject>();
      const timer = setTimeout(() => giveUp(answer, "through the socket"), answerWithinMs);
      waiting.set(id, answer);
      try {
        transmit(body);
        return await answer.promise;
      } finally {
        clearTimeout(timer);
        waiting.delete(id);
      }
    },

    /** The server has written an envelope: `outcome` holds what /exchange answers, `error` its problem details. */
    receive({ type, content }: ControlSignal): void {
      const answer = objectOf(content);
      const sent = waiting.get(textOf(answer, "id") ?? "");
      if (type === "outcome") {
        sent?.resolve(answer);
      } else if (type === "error") {
        sent?.reject(readProblem(answer));
      }
    },

    /** What has not been answered yet. */
    unanswered,

    /** The socket through which this was sent is lost: no more answers come. */
    lost: (sent = unanswered()): void => sent.forEach((answer) => giveUp(answer, "before the socket was lost")),
  };
}

function giveUp({ reject }: Deferred<JsonObject>, where: string): void {
  reject(new SignalBrokerError("unreachable", `No answer came ${where}.`));
}

export type SocketSending = ReturnType<typeof createSocketSending>;
