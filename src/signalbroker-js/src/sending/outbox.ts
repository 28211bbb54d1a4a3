import { waitBeforeAgainMs } from "../again.js";
import { asSignalBrokerError, SignalBrokerError } from "../errors.js";
import type { JsonObject } from "../json.js";
import type { Destination, OutgoingSignal } from "./signal.js";

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
/** Timers know no longer time: 24 days. */
const longestMs = 2 ** 31 - 1;

export function createOutbox(deliver: Deliver): Outbox {
  const lines = new Map<string, Line>();
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
      return new Promise((resolve, reject) => {
        const timeToLive = Math.min(signal.timeToLive ?? usualTimeToLiveMs, longestMs);
        const name = nameOf(signal.to);
        const line = lines.get(name) ?? { name, entries: [], isBusy: false };
        lines.set(name, line);
        const entry: Entry = {
          signal,
          deadline: Date.now() + timeToLive,
          timer: setTimeout(() => expire(line, entry), timeToLive),
          isLate: false,
          failures: 0,
          resolve,
          reject,
        };
        line.entries.push(entry);
        void work(line);
      });
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
    close(error) {
      closedBy = error;
      for (const { entries } of lines.values()) {
        for (const entry of entries.splice(0)) {
          clearTimeout(entry.timer);
          entry.reject(error);
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
    try {
      const answer = await deliver(entry.signal);
      remove(line, entry);
      entry.resolve(answer);
    } catch (thrown) {
      const error = asSignalBrokerError(thrown, "unreachable");
      const waitMs = waitBeforeAgainMs(error, entry.failures);
      if (error.code === "unauthorized") {
        if (entry.isLate) {
          giveUp(line, entry);
        }
        return;
      }
      if (waitMs !== undefined && Date.now() + waitMs < entry.deadline) {
        entry.failures++;
        await new Promise((resolve) => setTimeout(resolve, waitMs));
      } else {
        remove(line, entry);
        entry.reject(error);
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
    entry.reject(new SignalBrokerError("expired", "The signal waited for its whole time to live."));
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

/** Signals to a user go one after the other, whichever devices they are for. */
function nameOf(to: Destination): string {
  if (typeof to === "string") {
    return to;
  }
  // No user id holds a blank.
  return "user" in to ? to.user : ` ${"room" in to ? to.room : to.session}`;
}
