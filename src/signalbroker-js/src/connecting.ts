import type { Emitter } from "./base/emitter.js";
import { SignalBrokerError, type ErrorCode } from "./base/errors.js";
import { longestMs } from "./base/timers.js";
import type { Listening } from "./listening/listening.js";
import type { State } from "./listening/state.js";
import type { ConnectOptions } from "./options.js";

const gaveUp = "The application gave up connecting.";

/** @throws SignalBrokerError `aborted` */
export function expectNotAborted({ signal }: ConnectOptions): void {
  if (signal?.aborted) {
    throw new SignalBrokerError("aborted", gaveUp);
  }
}

/** Fulfilled when the client listens; rejected, with the reason, when it is closed or given up first. */
export function whenListening(
  listening: Listening,
  states: Emitter<State>,
  { signal, timeout }: ConnectOptions,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const giveUp = (code: ErrorCode, reason: string): void =>
      void listening.close({ code, reason: `${reason} ${listening.problem.reason}` });
    const abort = (): void => giveUp("aborted", gaveUp);
    const timer =
      timeout === undefined
        ? undefined
        : setTimeout(
            () => giveUp(listening.problem.code, `Not connected after ${timeout / 1000} s.`),
            Math.min(timeout, longestMs),
          );
    signal?.addEventListener("abort", abort, { once: true });
    const stop = states.on((state) => {
      if (state.name === "listening") {
        resolve();
      } else if (state.name === "closed") {
        reject(new SignalBrokerError(state.problem.code, state.problem.reason));
      } else {
        return;
      }
      stop();
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    });
  });
}
