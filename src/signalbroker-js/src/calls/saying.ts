import { SignalBrokerError } from "../base/errors.js";
import { pause } from "../base/timers.js";
import type { Negotiate } from "./content.js";
import type { Reach } from "./line.js";
import { pack } from "./packing.js";

/** Says what one end has to say to the other, in as few signals as possible. */
export type Say = (content: Omit<Negotiate, "kind">) => void;

const retryMs = 1000;

/** @param onRefused it can't be said; the next is said once this is fulfilled */
export function createSaying(
  send: (content: Negotiate) => Promise<Reach>,
  onRefused: (content: Negotiate, error: SignalBrokerError) => Promise<void>,
  isClosed: () => boolean,
): Say {
  let due: Negotiate[] = [];
  let isSending = false;

  return ({ description, offer, candidates = [] }) => {
    const last = due.at(-1);
    if (description) {
      // It holds the candidates that were found before it. An answer means that an unsent offer was rolled back; only
      // an unsent answer is still to be sent before an offer.
      due = due.filter((waiting) => description.type === "offer" && waiting.description?.type === "answer");
      due.push({ kind: "negotiate", description, offer, candidates });
    } else if (last) {
      last.candidates = [...(last.candidates ?? []), ...candidates];
    } else {
      due.push({ kind: "negotiate", candidates });
    }
    void flush();
  };

  async function flush(): Promise<void> {
    if (isSending) {
      return;
    }
    isSending = true;
    try {
      // Candidates are found in bursts: what comes within one tick, or while a signal is under way, goes out together.
      await pause(0);
      for (let next = due.shift(); next && !isClosed(); next = due.shift()) {
        const reached = await send(await pack(next));
        if (reached === "unsure") {
          await pause(retryMs);
          due.unshift(next);
        } else if (reached instanceof SignalBrokerError && !isClosed()) {
          await onRefused(next, reached);
        }
        // When its session is gone the other end comes back and asks: then everything is said again.
      }
    } finally {
      isSending = false;
    }
  }
}
