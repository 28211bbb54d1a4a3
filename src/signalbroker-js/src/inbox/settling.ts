import { waitBeforeAgainMs } from "../base/again.js";
import { asSignalBrokerError } from "../base/errors.js";
import { unref } from "../base/timers.js";

export interface SettlingParts {
  /**
   * One request.
   * @throws SignalBrokerError `unauthorized` when nothing listens
   */
  settle(sequences: readonly number[]): Promise<unknown>;
  /** The last request: nobody waits for its answer. */
  settleLast(sequences: readonly number[]): void;
  /** The webapp has confirmed it. */
  onSettled(sequences: readonly number[]): void;
}

/** How long signals are gathered for one request. */
const gatherMs = 20;
/** The webapp takes no more at a time. */
const mostAtOnce = 1000;

/** Tells the webapp which stored signals are done with, many at a time. */
export function createSettling({ settle, settleLast, onSettled }: SettlingParts) {
  const due = new Set<number>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let working: Promise<void> | undefined;
  let failures = 0;

  return {
    add(sequence: number): void {
      due.add(sequence);
      timer ??= setTimeout(flush, gatherMs);
    },
    /** The client listens, on a new session. */
    resume: (): void => void flush(),
    /** Tells now what is due; fulfilled when that has been tried. */
    flush,
    /** What is due is another user's. */
    clear: (): void => due.clear(),
    /** The page is being left. */
    leave(): void {
      if (due.size > 0) {
        settleLast(nextBatch());
      }
    },
  };

  function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    working ??= work().finally(() => (working = undefined));
    return working;
  }

  function nextBatch(): number[] {
    return [...due].slice(0, mostAtOnce);
  }

  async function work(): Promise<void> {
    while (due.size > 0) {
      const batch = nextBatch();
      try {
        await settle(batch);
        failures = 0;
        onSettled(batch);
      } catch (thrown) {
        const error = asSignalBrokerError(thrown);
        if (error.code === "unauthorized") {
          return;
        }
        const waitMs = waitBeforeAgainMs(error, failures++);
        if (waitMs !== undefined) {
          timer ??= unref(setTimeout(flush, waitMs));
          return;
        }
        // A webapp that refuses it once always does.
      }
      batch.forEach((sequence) => due.delete(sequence));
    }
  }
}
