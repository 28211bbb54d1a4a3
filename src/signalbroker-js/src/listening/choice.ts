import type { ListensBy } from "./state.js";
import { listeningWithinMs, type OpenTransport } from "./transport.js";

/** How a client may listen: `auto` takes a WebSocket, and server-sent events where WebSockets fail. */
export type Listen = "auto" | ListensBy;

/** Which way to listen the next time. */
export interface TransportChoice {
  /** `withinMs` is how long it may take until the other side has said a word. */
  next(): { by: ListensBy; open: OpenTransport; withinMs: number };
  succeeded(): void;
  /** Something blocked the attempt that was last begun; whether another way is next. */
  failed(): boolean;
  /** The network is another one: what was blocked may not be any more. */
  forget(): void;
}

const patience = 2;
/** How long server-sent events are used until a WebSocket is tried once more. */
const fallbackMs = 10 * 60_000;

/**
 * Where no WebSocket has ever worked, one that stays silent is taken for swallowed on the way, and server-sent events
 * are there 5 s after the beginning, also if something refused the first one and swallows the second.
 */
const firstWithinMs = 4000;
const secondWithinMs = 2500;
/** Whatever refuses a WebSocket does so at once; what takes longer waits for an answer that will not come. */
const refusedWithinMs = 1000;

export function createTransportChoice(
  listen: Listen,
  transports: Record<ListensBy, OpenTransport>,
  now: () => number = () => performance.now(),
): TransportChoice {
  let failures = 0;
  let fellBackAt: number | undefined;
  let hasWorked = false;
  let begunAt = 0;
  let by: ListensBy = "websocket";

  return {
    next() {
      by = listen === "auto" ? choose() : listen;
      begunAt = now();
      const isProbe = listen === "auto" && by === "websocket" && !hasWorked;
      return { by, open: transports[by], withinMs: isProbe ? probeWithinMs() : listeningWithinMs };
    },
    succeeded() {
      if (by === "websocket") {
        hasWorked = true;
        failures = 0;
        fellBackAt = undefined;
      }
    },
    failed() {
      if (by === "sse") {
        // Neither works, or the webapp is too old for it: both get their turns.
        failures = patience - 1;
        fellBackAt = undefined;
        return false;
      }
      failures += hasWorked || now() - begunAt < refusedWithinMs ? 1 : patience;
      if (failures >= patience) {
        fellBackAt = now();
      }
      return choose() === "sse" && listen === "auto";
    },
    forget() {
      failures = 0;
      fellBackAt = undefined;
      hasWorked = false;
    },
  };

  function probeWithinMs(): number {
    return failures === 0 ? firstWithinMs : secondWithinMs;
  }

  function choose(): ListensBy {
    return fellBackAt !== undefined && now() - fellBackAt < fallbackMs ? "sse" : "websocket";
  }
}
