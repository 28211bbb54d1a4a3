import { mayBeDone } from "../base/again.js";
import { deferred } from "../base/deferred.js";
import { SignalBrokerError } from "../base/errors.js";
import type { JsonObject } from "../base/json.js";
import { longestMs } from "../base/timers.js";
import type { OutgoingSignal } from "./signal.js";

/** A signal that waits for its turn, or for an answer. */
export interface Entry {
  readonly signal: OutgoingSignal;
  /** When its time to live is over, on the page's clock. */
  readonly deadline: number;
  readonly answer: Promise<JsonObject>;
  /** Its time was over while it was under way. */
  isLate: boolean;
  /** It was sent, and no answer says what became of it. */
  mayHaveArrived: boolean;
  failures: number;
  succeed(answer: JsonObject): void;
  /** Nobody is told that a signal was not sent when it may have arrived. */
  fail(error: SignalBrokerError): void;
}

const usualTimeToLiveMs = 30_000;

/** @param onExpired its time to live is over */
export function createEntry(signal: OutgoingSignal, onExpired: (entry: Entry) => void): Entry {
  const timeToLive = Math.min(signal.timeToLive ?? usualTimeToLiveMs, longestMs);
  const answer = deferred<JsonObject>();
  const timer = setTimeout(() => onExpired(entry), timeToLive);
  const entry: Entry = {
    signal,
    deadline: performance.now() + timeToLive,
    answer: answer.promise,
    isLate: false,
    mayHaveArrived: false,
    failures: 0,
    succeed(answered) {
      clearTimeout(timer);
      answer.resolve(answered);
    },
    fail(error) {
      clearTimeout(timer);
      const isUnsure = entry.mayHaveArrived && !mayBeDone(error);
      answer.reject(isUnsure ? new SignalBrokerError("unreachable", "No answer came: the signal may have arrived.") : error);
    },
  };
  return entry;
}
