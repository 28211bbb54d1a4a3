import { waitBeforeAgainMs } from "../base/again.js";
import { asSignalBrokerError } from "../base/errors.js";
import { unref } from "../base/timers.js";

/** Tells the webapp which stored signals are done with, many at a time. */
export interface Settling {
  add(sequence: number): void;
  /** The client listens, on a new session. */
  resume(): void;
  /** Tells now what is due; fulfilled when that has been tried. */
  flush(): Promise<void>;
  /** What is due is another user's. */
  clear(): void;
  readonly due: readonly number[];
}

export interface SettlingParts {
  /**
   * One request.
   * @throws SignalBrokerError `unauthorized` when nothing listens
   */
  settle(sequences: readonly number[]): Promise<unknown>;
  /** The webapp has confirmed it. */
  onSettled(sequences: readonly number[]): void;
}

/** So long signals are gathered for one request. */
const gatherMs = 20;
/** The webapp takes no more at a time. */
export const mostAtOnce = 1000;

export function createSettling({ settle, onSettled }: SettlingParts): Settling {
  const due = new Set<number>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let working: Promise<void> | undefined;
  let failures = 0;

  return {
    add(sequence) {
      due.add(sequence);
      timer ??= setTimeout(flush, gatherMs);
    },
    resume: () => void flush(),
    flush,
    clear: () => due.clear(),
    get due() {
      return [...due];
    },
  };

  function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    working ??= work().finally(() => (working = undefined));
    return working;
  }

  async function work(): Promise<void> {
    while (due.size > 0) {
      const batch = [...due].slice(0, mostAtOnce);
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
        // A webapp that refuses it would do so each time.
      }
      batch.forEach((sequence) => due.delete(sequence));
    }
  }
}
