import { SignalBrokerError } from "../base/errors.js";
import { pause } from "../base/timers.js";
import type { Negotiate } from "./content.js";
import type { Reach } from "./line.js";
import { pack } from "./packing.js";

/** Sends what one end tells the other about the connection, in as few signals as possible. */
export type Say = (content: Omit<Negotiate, "kind">) => void;

const retryMs = 1000;

/** @param onRefused the server takes it from nobody; the next signal is sent once this is fulfilled */
export function createSender(
  connection: RTCPeerConnection,
  send: (content: Negotiate) => Promise<Reach>,
  onRefused: (content: Negotiate, error: SignalBrokerError) => Promise<void>,
): Say {
  let due: Negotiate[] = [];
  let isSending = false;
  const isClosed = (): boolean => connection.signalingState === "closed";

  return ({ description, offer, candidates = [] }) => {
    const last = due.at(-1);
    if (description) {
      // It holds the candidates that were found before it. An answer means that an unsent offer was rolled back; only
      // an unsent answer must still be sent before an offer.
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
      // Candidates are found in bursts: those of one tick, or of the time that a signal takes, go out together.
      await pause(0);
      for (let next = due.shift(); next && !isClosed(); next = due.shift()) {
        const reached = await send(await pack(next));
        if (reached === "unsure") {
          await pause(retryMs);
          due.unshift(next);
        } else if (reached instanceof SignalBrokerError && !isClosed()) {
          await onRefused(next, reached);
        }
        // If the other end's session is gone, it comes back and asks: then everything is sent again.
      }
    } finally {
      isSending = false;
    }
  }
}
