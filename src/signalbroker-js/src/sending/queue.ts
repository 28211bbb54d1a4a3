import { mayBeDone, waitBeforeAgainMs } from "../base/again.js";
import { asSignalBrokerError, SignalBrokerError } from "../base/errors.js";
import type { JsonObject } from "../base/json.js";
import { pause } from "../base/timers.js";
import { mostBytes } from "./batches.js";
import { createEntry, type Entry } from "./entry.js";
import type { Deliver } from "./outbox.js";
import type { OutgoingSignal } from "./signal.js";

/**
 * The signals to one recipient, which go out one after the other, or several at once.
 * @param mostAtOnce how many may be on their way at the moment
 * @param onIdle nothing waits any more, and nothing is on its way
 */
export function createQueue(deliver: Deliver, mostAtOnce: () => number, isOpen: () => boolean, onIdle: () => void) {
  const entries = new Set<Entry>();
  let underWay: readonly Entry[] = [];
  let isBusy = false;

  return {
    get size(): number {
      return entries.size;
    },
    send(signal: OutgoingSignal): Promise<JsonObject> {
      const entry = createEntry(signal, expire);
      entries.add(entry);
      void work();
      return entry.answer;
    },
    /** Goes on if it may. */
    work,
    /** Gives up what waits; what may have arrived ends as `unreachable`. */
    close(error: SignalBrokerError): void {
      entries.forEach((entry) => entry.fail(error));
      entries.clear();
    },
  };

  async function work(): Promise<void> {
    if (isBusy) {
      return;
    }
    isBusy = true;
    while (isOpen() && entries.size > 0) {
      underWay = firstOf(entries, mostAtOnce());
      await Promise.all(underWay.map(attempt));
    }
    underWay = [];
    isBusy = false;
    if (entries.size === 0) {
      onIdle();
    }
  }

  async function attempt(entry: Entry): Promise<void> {
    const mightHaveArrived = entry.mayHaveArrived;
    try {
      entry.mayHaveArrived = true;
      const answer = await deliver(entry.signal);
      entries.delete(entry);
      entry.succeed(answer);
    } catch (thrown) {
      const error = asSignalBrokerError(thrown);
      const waitMs = waitBeforeAgainMs(error, entry.failures);
      entry.mayHaveArrived = mightHaveArrived || mayBeDone(error);
      if (error.code === "unauthorized") {
        if (entry.isLate) {
          giveUp(entry);
        }
      } else if (waitMs !== undefined && performance.now() + waitMs < entry.deadline) {
        entry.failures++;
        await pause(waitMs);
      } else {
        entries.delete(entry);
        // A refusal for good says why.
        entry.mayHaveArrived &&= waitMs !== undefined;
        entry.fail(error);
      }
    }
  }

  function expire(entry: Entry): void {
    if (underWay.includes(entry)) {
      // It is on its way, and will be answered.
      entry.isLate = true;
    } else {
      giveUp(entry);
      void work();
    }
  }

  function giveUp(entry: Entry): void {
    entries.delete(entry);
    entry.fail(new SignalBrokerError("expired", "The signal waited for its whole time to live."));
  }
}

/** The first ones that fit into a request, at least one. */
function firstOf(entries: Iterable<Entry>, most: number): Entry[] {
  const first: Entry[] = [];
  let bytes = 0;
  for (const entry of entries) {
    bytes += entry.signal.bytes;
    if (first.length > 0 && (first.length === most || bytes > mostBytes)) {
      break;
    }
    first.push(entry);
  }
  return first;
}

export type Queue = ReturnType<typeof createQueue>;
