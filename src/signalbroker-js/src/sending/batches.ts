import { asSignalBrokerError, SignalBrokerError } from "../base/errors.js";
import { objectOf, objectsIn, type JsonObject } from "../base/json.js";
import { readProblem } from "./problem.js";
import type { OutgoingSignal } from "./signal.js";

interface Gathered {
  signal: OutgoingSignal;
  resolve(answer: JsonObject): void;
  reject(error: SignalBrokerError): void;
}

/** How many signals one request may have, and how many bytes with what stands between them. */
const most = 64;
export const mostBytes = 65_534;

/**
 * Gathers the signals that are sent at the same moment into one request. Those of a line are answered in turn: whoever
 * gives several of one line at once must see to it that these fit.
 * @param post posts to /exchange, and fulfils with the answer
 */
export function createBatches(post: (body: string) => Promise<unknown>) {
  let gathered: Gathered[] = [];
  let mostAtOnce = most;

  return {
    /** How many signals of a line may be given at once: one, where the server or something before it takes no more. */
    get mostAtOnce(): number {
      return mostAtOnce;
    },
    send: (signal: OutgoingSignal): Promise<JsonObject> =>
      new Promise((resolve, reject) => {
        if (gathered.push({ signal, resolve, reject }) === 1) {
          queueMicrotask(flush);
        }
      }),
  };

  function flush(): void {
    const all = gathered;
    gathered = [];
    const bytes = all.reduce((sum, { signal }) => sum + signal.bytes, 0);
    const fit = all.length <= mostAtOnce && bytes <= mostBytes;
    const requests = new Map<string, Gathered[]>();
    for (const one of all) {
      const name = fit ? "" : one.signal.line;
      requests.set(name, [...(requests.get(name) ?? []), one]);
    }
    requests.forEach((request) => void sendAll(request));
  }

  async function sendAll(signals: readonly Gathered[]): Promise<void> {
    if (signals.length > 1) {
      try {
        const answers = objectsIn(await post(`[${signals.map(({ signal }) => signal.body).join()}]`));
        signals.forEach((one, index) => settle(one, answers[index]));
        return;
      } catch (thrown) {
        const error = asSignalBrokerError(thrown);
        if (error.status !== 400 && error.status !== 413) {
          signals.forEach(({ reject }) => reject(error));
          return;
        }
        // The server is too old for it, or something before it takes only smaller ones.
        mostAtOnce = 1;
      }
    }
    for (const { signal, resolve, reject } of signals) {
      await post(signal.body).then((answer) => resolve(objectOf(answer)), reject);
    }
  }
}

function settle({ resolve, reject }: Gathered, answer: JsonObject | undefined): void {
  if (!answer) {
    reject(new SignalBrokerError("unreachable", "Something on the way answered for the server."));
  } else if ("status" in answer) {
    reject(readProblem(answer));
  } else {
    resolve(answer);
  }
}

export type Batches = ReturnType<typeof createBatches>;
