import { asSignalBrokerError, type SignalBrokerError } from "./errors.js";
import { backoffMs } from "./backoff.js";
import { pause } from "./timers.js";

/**
 * How long to wait before the same is asked again, in milliseconds; undefined when that is of no use.
 * @param failures how many attempts failed before, from 0
 */
export function waitBeforeAgainMs(
  { code, status, retryAfterMs }: SignalBrokerError,
  failures: number,
): number | undefined {
  if (code === "storage-budget-used") {
    // It may take hours, and what comes after it must not wait for that.
    return undefined;
  }
  if (status === 429 || status === 503 || code === "signal-under-way") {
    return (retryAfterMs ?? 0) + backoffMs(failures);
  }
  // It may have been done: nothing is asked again that is not known when it comes twice.
  return code === "unreachable" || (status !== undefined && status >= 502) ? backoffMs(failures) : undefined;
}

/** Whether what failed so may have been done, or may still be. */
export function mayBeDone({ code, status }: SignalBrokerError): boolean {
  return code === "unreachable" || (status !== undefined && status >= 500 && status !== 503);
}

/** Whether the same will be refused however often it is asked. */
export function isFinal(error: SignalBrokerError): boolean {
  const { code, status = 0 } = error;
  const isRefusal = status >= 400 && status < 500 && status !== 408;
  return isRefusal && code !== "unauthorized" && waitBeforeAgainMs(error, 0) === undefined;
}

/** Asks until there is an answer, which may be a refusal for good. */
export async function insist<T>(ask: () => Promise<T>): Promise<T> {
  for (let failures = 0; ; failures++) {
    try {
      return await ask();
    } catch (thrown) {
      const error = asSignalBrokerError(thrown);
      const waitMs = waitBeforeAgainMs(error, failures);
      if (waitMs === undefined) {
        throw error;
      }
      await pause(waitMs);
    }
  }
}
