import { backoffMs } from "./backoff.js";
import { asSignalBrokerError, type SignalBrokerError } from "./errors.js";
import { pause } from "./timers.js";

/**
 * How long to wait before a failed request is repeated, in milliseconds; undefined if that is of no use.
 * @param failures how many attempts failed before, from 0
 */
export function waitBeforeAgainMs(
  { code, status, retryAfterMs }: SignalBrokerError,
  failures: number,
): number | undefined {
  if (code === "storage-budget-used") {
    // It may last for hours, and later signals must not wait for it.
    return undefined;
  }
  if (status === 429 || status === 503 || code === "signal-under-way") {
    return (retryAfterMs ?? 0) + backoffMs(failures);
  }
  // It may have been done; only requests that are recognized when they come twice are repeated.
  return code === "unreachable" || (status !== undefined && status >= 502) ? backoffMs(failures) : undefined;
}

/** Whether a request that failed like this may have been done, or may still be. */
export function mayBeDone({ code, status }: SignalBrokerError): boolean {
  return code === "unreachable" || (status !== undefined && status >= 500 && status !== 503);
}

/** Whether the same request will be refused however often it is made. */
export function isFinal(error: SignalBrokerError): boolean {
  const { code, status = 0 } = error;
  const isRefusal = status >= 400 && status < 500 && status !== 408;
  return isRefusal && code !== "unauthorized" && waitBeforeAgainMs(error, 0) === undefined;
}

/** Repeats a request until it is answered, or refused for good. */
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
