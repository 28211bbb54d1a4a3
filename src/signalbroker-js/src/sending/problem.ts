import { readDeliveries } from "../base/delivery.js";
import { SignalBrokerError } from "../base/errors.js";
import { numberOf, textOf, type JsonObject } from "../base/json.js";

/** Reads why one signal was refused, where it is not an HTTP answer of its own. */
export function readProblem(answer: JsonObject): SignalBrokerError {
  const retryAfter = numberOf(answer, "retryAfter");
  const sentence = textOf(answer, "detail") ?? "The webapp refused the signal.";
  return new SignalBrokerError(textOf(answer, "code") ?? "internal-error", sentence, {
    status: numberOf(answer, "status"),
    retryAfterMs: retryAfter === undefined ? undefined : retryAfter * 1000,
    sessions: readDeliveries(answer),
  });
}
