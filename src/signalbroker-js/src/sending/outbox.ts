import { mayBeDone, waitBeforeAgainMs } from "../base/again.js";
import { asSignalBrokerError, SignalBrokerError } from "../base/errors.js";
import type { JsonObject } from "../base/json.js";
import { createPending } from "../base/pending.js";
import { longestMs, pause } from "../base/timers.js";
import type { OutgoingSignal } from "./signal.js";

/** Signals that wait for their turn: one at a time is under way to an addressee, and none while nothing is listening. */
export interface Outbox {
  /**
   * Fulfilled with what the webapp answered.
   * @throws SignalBrokerError `queue-full`, `expired`, `closed`, or what the webapp said
   */
  send(signal: OutgoingSignal): Promise<JsonObject>;
  /** The client listens again. */
  resume(): void;
  pause(): void;
  /** Takes nothing more; fulfilled when what it has taken has been answered. */
  drain(error: SignalBrokerError): Promise<unknown>;
  /** Gives up what waits; what may have arrived ends as `unreachable`. */
  close(error: SignalBrokerError): void;
}

/**
 * Hands one signal over to the webapp. One that fails as `unauthorized` was not sent: it goes out with the next session,
 * and whoever delivers pauses the outbox until there is one.
 */
export type Deliver = (signal: OutgoingSignal) => Promise<JsonObject>;

interface Entry {
  signal: OutgoingSignal;
  deadline: number;
  /** Ends the wait when the signal's time is over. */
  timer: ReturnType<typeof setTimeout>;
  /** Its time was over while it was under way. */
  isLate: boolean;
  /** It was sent, and no answer says what became of it. */
  mayHaveArrived: boolean;
  failures: number;
  resolve(answer: JsonObject): void;
  reject(error: SignalBrokerError): void;
}

interface Line {
  name: string;
  entries: Entry[];
  isBusy: boolean;
}

const mostWaiting = 100;
const usualTimeToLiveMs = 30_000;

export function createOutbox(deliver: Deliver): Outbox {
  const lines = new Map<string, Line>();
  const pending = createPending();
  let isOpen = false;
  let closedBy: SignalBrokerError | undefined;

  return {
    send(signal) {
      if (closedBy) {
        return Promise.reject(closedBy);
      }
      if (!isOpen && countWaiting() >= mostWaiting) {
        return Promise.reject(
          new SignalBrokerError("queue-full", `${mostWaiting} signals wait already for the client to listen again.`),
        );
      }
      const sent = new Promise<JsonObject>((resolve, reject) => {
        const timeToLive = Math.min(signal.timeToLive ?? usualTimeToLiveMs, longestMs);
        const name = signal.line;
        const line = lines.get(name) ?? { name, entries: [], isBusy: false };
        lines.set(name, line);
        const entry: Entry = {
          signal,
          deadline: performance.now() + timeToLive,
          timer: setTimeout(() => expire(line, entry), timeToLive),
          isLate: false,
          mayHaveArrived: false,
          failures: 0,
          resolve,
          reject,
        };
        line.entries.push(entry);
        void work(line);
      });
      return pending.add(sent);
    },
    resume() {
      isOpen = true;
      for (const line of lines.values()) {
        void work(line);
      }
    },
    pause() {
      isOpen = false;
    },
    drain(error) {
      closedBy = error;
      return pending.ended();
    },
    close(error) {
      closedBy = error;
      for (const { entries } of lines.values()) {
        for (const entry of entries.splice(0)) {
          clearTimeout(entry.timer);
          fail(entry, error);
        }
      }
    },
  };

  function countWaiting(): number {
    let count = 0;
    for (const { entries } of lines.values()) {
      count += entries.length;
    }
    return count;
  }

  async function work(line: Line): Promise<void> {
    if (line.isBusy) {
      return;
    }
    line.isBusy = true;
    for (let entry = line.entries[0]; isOpen && entry; entry = line.entries[0]) {
      await attempt(line, entry);
    }
    line.isBusy = false;
    forget(line);
  }

  async function attempt(line: Line, entry: Entry): Promise<void> {
    const mightHaveArrived = entry.mayHaveArrived;
    try {
      entry.mayHaveArrived = true;
      const answer = await deliver(entry.signal);
      remove(line, entry);
      entry.resolve(answer);
    } catch (thrown) {
      const error = asSignalBrokerError(thrown);
      const waitMs = waitBeforeAgainMs(error, entry.failures);
      entry.mayHaveArrived = mightHaveArrived || mayBeDone(error);
      if (error.code === "unauthorized") {
        if (entry.isLate) {
          giveUp(line, entry);
        }
        return;
      }
      if (waitMs !== undefined && performance.now() + waitMs < entry.deadline) {
        entry.failures++;
        await pause(waitMs);
      } else {
        remove(line, entry);
        // A refusal for good says why.
        entry.mayHaveArrived &&= waitMs !== undefined;
        fail(entry, error);
      }
    }
  }

  function expire(line: Line, entry: Entry): void {
    if (line.entries[0] === entry && line.isBusy) {
      // One that is under way has an answer of its own coming.
      entry.isLate = true;
    } else {
      giveUp(line, entry);
      forget(line);
    }
  }

  function giveUp(line: Line, entry: Entry): void {
    remove(line, entry);
    fail(entry, new SignalBrokerError("expired", "The signal waited for its whole time to live."));
  }

  function forget(line: Line): void {
    if (line.entries.length === 0 && !line.isBusy) {
      lines.delete(line.name);
    }
  }

  function remove(line: Line, entry: Entry): void {
    clearTimeout(entry.timer);
    const place = line.entries.indexOf(entry);
    if (place >= 0) {
      line.entries.splice(place, 1);
    }
  }
}

/** Nobody is told that a signal was not sent when it may have arrived. */
function fail(entry: Entry, error: SignalBrokerError): void {
  const isUnsure = entry.mayHaveArrived && !mayBeDone(error);
  entry.reject(isUnsure ? new SignalBrokerError("unreachable", "No answer came: the signal may have arrived.") : error);
}
