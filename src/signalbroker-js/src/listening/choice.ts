import type { ListensBy } from "./state.js";
import { listeningWithinMs, type OpenTransport } from "./transport.js";

/** How a client may listen: `auto` takes a WebSocket, or server-sent events where WebSockets fail. */
export type Listen = "auto" | ListensBy;

const patience = 2;
/** How long server-sent events are used before a WebSocket is tried again. */
const fallbackMs = 10 * 60_000;

/**
 * Where no WebSocket has ever worked, a silent one counts as swallowed on the way, so that server-sent events are there
 * after 5 s, even if something refused the first WebSocket and swallows the second.
 */
const firstWithinMs = 4000;
const secondWithinMs = 2500;
/** Whatever refuses a WebSocket does so at once; a slower attempt waits for an answer that will not come. */
const refusedWithinMs = 1000;

/** Chooses the transport of each attempt to listen. */
export function createTransportChoice(
  listen: Listen,
  transports: Record<ListensBy, OpenTransport>,
  now: () => number = () => performance.now(),
) {
  let failures = 0;
  let fellBackAt: number | undefined;
  let hasWorked = false;
  let begunAt = 0;
  let by: ListensBy = "websocket";

  return {
    /** `withinMs` is how long the other side may take until it says anything. */
    next(): { by: ListensBy; open: OpenTransport; withinMs: number } {
      by = listen === "auto" ? choose() : listen;
      begunAt = now();
      const probeWithinMs = failures === 0 ? firstWithinMs : secondWithinMs;
      const isProbe = listen === "auto" && by === "websocket" && !hasWorked;
      return { by, open: transports[by], withinMs: isProbe ? probeWithinMs : listeningWithinMs };
    },
    succeeded(): void {
      if (by === "websocket") {
        hasWorked = true;
        failures = 0;
        fellBackAt = undefined;
      }
    },
    /** Something blocked the last attempt; whether the next one is by another transport. */
    failed(): boolean {
      if (by === "sse") {
        // Neither works, or the webapp is too old for this: they take turns.
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
    /** The network has changed: what was blocked may no longer be. */
    forget(): void {
      failures = 0;
      fellBackAt = undefined;
      hasWorked = false;
    },
  };

  function choose(): ListensBy {
    return fellBackAt !== undefined && now() - fellBackAt < fallbackMs ? "sse" : "websocket";
  }
}

export type TransportChoice = ReturnType<typeof createTransportChoice>;
