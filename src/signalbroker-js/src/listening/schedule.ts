import { createAlarm } from "../base/alarm.js";
import { backoffMs } from "../base/backoff.js";
import type { Interruption } from "./state.js";

/** When the next attempt to listen is due. */
export interface Schedule {
  /** Waits for whatever hurries it. */
  idle(): void;
  /** @param askedToWaitMs how long the webapp asked to wait, for this reason */
  failed(why: Interruption, askedToWaitMs: number, hasOtherWay: boolean): void;
  /** All is well: the waits are short again. */
  recovered(): void;
  /** Trying again at once may succeed. */
  hurry(): void;
  stop(): void;
}

export function createSchedule(attempt: () => void, wait: (why: Interruption, retryAt: Date) => void): Schedule {
  const next = createAlarm();
  let failures = 0;
  /** The webapp asked not to be asked before this time, for this reason. */
  let notBefore = 0;
  let postponed: Interruption | undefined;
  let state: "idle" | "set" | "off" = "off";

  return {
    idle() {
      state = state === "set" ? state : "idle";
    },
    failed(why, askedToWaitMs, hasOtherWay) {
      const waitMs = hasOtherWay ? 0 : askedToWaitMs + backoffMs(failures);
      failures++;
      notBefore = performance.now() + askedToWaitMs;
      postponed = why;
      attemptIn(waitMs, why);
    },
    recovered() {
      failures = 0;
    },
    hurry() {
      const waitMs = notBefore - performance.now();
      if (state !== "off" && waitMs <= 0) {
        attempt();
      } else if (state === "idle" && postponed) {
        attemptIn(waitMs, postponed);
      }
    },
    stop() {
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
