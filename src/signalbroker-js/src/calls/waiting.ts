import { SignalBrokerError } from "../base/errors.js";
import type { Call } from "./call.js";
import { deferred } from "../base/deferred.js";
import type { CallOptions } from "./options.js";

/** The call that somebody waits for who has called, as long as they want to. */
export interface Waiting {
  readonly answered: Promise<Call>;
  /** Here it is; nobody wants it any more when the caller has given up. */
  resolve(call: Call): void;
  reject(error: SignalBrokerError): void;
  /** Waits for a call that rang here instead; `refuse` is what giving up does from now on. */
  follow(other: Promise<Call>, refuse: () => void): void;
}

const usualRingMs = 30_000;

/** @param isBusy whether a callee that has not answered in time is busy */
export function createWaiting(
  to: string,
  { signal, ringFor = usualRingMs }: CallOptions,
  onGivenUp: () => void = () => undefined,
  isBusy: () => boolean = () => false,
): Waiting {
  const answered = deferred<Call>();
  let isOver = false;
  const abort = (): void => giveUp("aborted", "The application gave up calling.");
  const timer = setTimeout(
    () => (isBusy() ? giveUp("busy", `${to} is busy.`) : giveUp("no-answer", `${to} did not answer.`)),
    ringFor,
  );
  signal?.addEventListener("abort", abort);

  return {
    answered: answered.promise,
    resolve,
    reject,
    follow(other, refuse) {
      onGivenUp = refuse;
      other.then(resolve, reject);
    },
  };

  function resolve(call: Call): void {
    if (isOver) {
      call.hangUp();
    } else {
      end();
      answered.resolve(call);
    }
  }

  function reject(error: SignalBrokerError): void {
    end();
    answered.reject(error);
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
