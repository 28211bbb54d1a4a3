import { createAlarm } from "../base/alarm.js";
import { backoffMs } from "../base/backoff.js";
import type { Interruption } from "./state.js";

/** When the next attempt to listen is due. */
export function createSchedule(attempt: () => void, wait: (why: Interruption, retryAt: Date) => void) {
  const next = createAlarm();
  let failures = 0;
  /** The webapp must not be asked before this time, for the reason that it gave. */
  let notBefore = 0;
  let postponed: Interruption | undefined;
  let state: "idle" | "set" | "off" = "off";

  return {
    /** Waits for `hurry`. */
    idle(): void {
      state = state === "set" ? state : "idle";
    },
    /** @param askedToWaitMs how long the webapp asked to wait */
    failed(why: Interruption, askedToWaitMs: number, hasOtherWay: boolean): void {
      const waitMs = hasOtherWay ? 0 : askedToWaitMs + backoffMs(failures);
      failures++;
      notBefore = performance.now() + askedToWaitMs;
      postponed = why;
      attemptIn(waitMs, why);
    },
    /** All is well: the waits are short again. */
    recovered(): void {
      failures = 0;
    },
    /** Trying again at once may succeed. */
    hurry(): void {
      const waitMs = notBefore - performance.now();
      if (state !== "off" && waitMs <= 0) {
        attempt();
      } else if (state === "idle" && postponed) {
        attemptIn(waitMs, postponed);
      }
    },
    stop(): void {
      state = "off";
      next.clear();
    },
  };

  function attemptIn(waitMs: number, why: Interruption): void {
    state = "set";
    next.set(waitMs, attempt);
    wait(why, new Date(Date.now() + waitMs));
  }
}
