import { mayBeDone, waitBeforeAgainMs } from "../base/again.js";
import { asSignalBrokerError, SignalBrokerError } from "../base/errors.js";
import type { JsonObject } from "../base/json.js";
import { pause } from "../base/timers.js";
import { createEntry, type Entry } from "./entry.js";
import type { Deliver } from "./outbox.js";
import type { OutgoingSignal } from "./signal.js";

/**
 * Signals to one addressee, of which one at a time is under way.
 * @param onIdle nothing waits any more, and nothing is under way
 */
export function createQueue(deliver: Deliver, isOpen: () => boolean, onIdle: () => void) {
  const entries: Entry[] = [];
  let isBusy = false;

  return {
    get length(): number {
      return entries.length;
    },
    send(signal: OutgoingSignal): Promise<JsonObject> {
      const entry = createEntry(signal, expire);
      entries.push(entry);
      void work();
      return entry.answer;
    },
    /** Goes on where it may. */
    work,
    /** Gives up what waits; what may have arrived ends as `unreachable`. */
    close(error: SignalBrokerError): void {
      entries.splice(0).forEach((entry) => entry.fail(error));
    },
  };

  async function work(): Promise<void> {
    if (isBusy) {
      return;
    }
    isBusy = true;
    for (let entry = entries[0]; isOpen() && entry; entry = entries[0]) {
      await attempt(entry);
    }
    isBusy = false;
    checkIdle();
  }

  async function attempt(entry: Entry): Promise<void> {
    const mightHaveArrived = entry.mayHaveArrived;
    try {
      entry.mayHaveArrived = true;
      const answer = await deliver(entry.signal);
      remove(entry);
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
        remove(entry);
        // A refusal for good says why.
        entry.mayHaveArrived &&= waitMs !== undefined;
        entry.fail(error);
      }
    }
  }

  function expire(entry: Entry): void {
    if (entries[0] === entry && isBusy) {
      // One that is under way has an answer of its own coming.
      entry.isLate = true;
    } else {
      giveUp(entry);
      checkIdle();
    }
  }

  function giveUp(entry: Entry): void {
    remove(entry);
    entry.fail(new SignalBrokerError("expired", "The signal waited for its whole time to live."));
  }

  function remove(entry: Entry): void {
    const place = entries.indexOf(entry);
    if (place >= 0) {
      entries.splice(place, 1);
    }
  }

  function checkIdle(): void {
    if (entries.length === 0 && !isBusy) {
      onIdle();
    }
  }
}

export type Queue = ReturnType<typeof createQueue>;
