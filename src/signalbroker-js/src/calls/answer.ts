import { deferred } from "../base/deferred.js";
import { SignalBrokerError } from "../base/errors.js";
import type { Call } from "./call.js";
import type { CallOptions } from "./options.js";

const usualRingMs = 30_000;

/**
 * The call that a caller waits for, until they give up.
 * @param isBusy whether a callee who has not answered in time is busy
 */
export function createAnswer(
  to: string,
  { signal, ringFor = usualRingMs }: CallOptions,
  onGivenUp: () => void = () => undefined,
  isBusy: () => boolean = () => false,
) {
  const { promise, ...answer } = deferred<Call>();
  let isOver = false;
  const abort = (): void => giveUp("aborted", "The application gave up calling.");
  const timer = setTimeout(
    () => (isBusy() ? giveUp("busy", `${to} is busy.`) : giveUp("no-answer", `${to} did not answer.`)),
    ringFor,
  );
  signal?.addEventListener("abort", abort);

  return {
    promise,
    /** Brings the call, which is hung up if the caller has given up. */
    resolve,
    reject,
    /** Waits for a call that rang here instead; giving up calls `refuse` from now on. */
    follow(other: Promise<Call>, refuse: () => void): void {
      onGivenUp = refuse;
      other.then(resolve, reject);
    },
  };

  function resolve(call: Call): void {
    if (isOver) {
      call.hangUp();
    } else {
      end();
      answer.resolve(call);
    }
  }

  function reject(error: SignalBrokerError): void {
    end();
    answer.reject(error);
  }

  function giveUp(code: string, message: string): void {
    reject(new SignalBrokerError(code, message));
    onGivenUp();
  }

  function end(): void {
    isOver = true;
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}
