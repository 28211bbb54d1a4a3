import type { ListensBy } from "../listening/state.js";
import type { OpenTransport } from "./transport.js";

/** How a client may listen: `auto` takes a WebSocket, and server-sent events where WebSockets fail. */
export type Listen = "auto" | ListensBy;

/** Which way to listen the next time. */
export interface TransportChoice {
  next(): { by: ListensBy; open: OpenTransport };
  /** What became of the attempt that was last begun. */
  succeeded(): void;
  failed(): void;
  /** The network is another one: what was blocked may not be any more. */
  forget(): void;
}

const patience = 2;
/** How long server-sent events are used until a WebSocket is tried once more. */
const fallbackMs = 10 * 60_000;

export function createTransportChoice(
  listen: Listen,
  transports: Record<ListensBy, OpenTransport>,
  now: () => number = Date.now,
): TransportChoice {
  let failures = 0;
  let fellBackAt: number | undefined;
  let by: ListensBy = "websocket";

  return {
    next() {
      by = listen === "auto" ? choose() : listen;
      return { by, open: transports[by] };
    },
    succeeded() {
      if (by === "websocket") {
        failures = 0;
        fellBackAt = undefined;
      }
    },
    failed() {
      if (by === "websocket") {
        failures++;
        if (failures >= patience) {
          fellBackAt = now();
        }
      } else {
        // Neither works, or the webapp is too old for it: both get their turns.
        failures = patience - 1;
        fellBackAt = undefined;
      }
    },
    forget() {
      failures = 0;
      fellBackAt = undefined;
    },
  };

  function choose(): ListensBy {
    return fellBackAt !== undefined && now() - fellBackAt < fallbackMs ? "sse" : "websocket";
  }
}
