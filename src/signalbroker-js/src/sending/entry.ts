import { mayBeDone } from "../base/again.js";
import { deferred } from "../base/deferred.js";
import { SignalBrokerError } from "../base/errors.js";
import type { JsonObject } from "../base/json.js";
import { longestMs } from "../base/timers.js";
import type { OutgoingSignal } from "./signal.js";

const usualTimeToLiveMs = 30_000;

/**
 * A signal that waits for its turn, or for an answer.
 * @param onExpired its time to live is over
 */
export function createEntry(signal: OutgoingSignal, onExpired: (entry: Entry) => void) {
  const timeToLive = Math.min(signal.timeToLive ?? usualTimeToLiveMs, longestMs);
  const answer = deferred<JsonObject>();
  const timer = setTimeout(() => onExpired(entry), timeToLive);
  const entry = {
    signal,
    /** When its time to live is over, on the page's clock. */
    deadline: performance.now() + timeToLive,
    answer: answer.promise,
    /** It expired while it was on its way. */
    isLate: false,
    /** It was sent, and no answer says what became of it. */
    mayHaveArrived: false,
    failures: 0,
    succeed(answered: JsonObject): void {
      clearTimeout(timer);
      answer.resolve(answered);
    },
    /** Never says that a signal was not sent if it may have arrived. */
    fail(error: SignalBrokerError): void {
      clearTimeout(timer);
      const unsure = new SignalBrokerError("unreachable", "No answer came: the signal may have arrived.");
      answer.reject(entry.mayHaveArrived && !mayBeDone(error) ? unsure : error);
    },
  };
  return entry;
}

export type Entry = ReturnType<typeof createEntry>;
