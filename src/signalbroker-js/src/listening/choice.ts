import type { Session } from "./session.js";
import type { ListensBy, Protocol } from "./state.js";
import { listeningWithinMs, type OpenTransport } from "./transport.js";

/** How a client may listen: `auto` takes a WebSocket, or server-sent events where WebSockets fail. */
export type Listen = "auto" | ListensBy;

/** A protocol on a WebSocket, or server-sent events. */
export type Way = Protocol | "sse";

const patience = 2;
/** How long the second best is used before the best is tried again. */
const fallbackMs = 10 * 60_000;

/**
 * Where no WebSocket has ever worked, a silent one counts as swallowed on the way, so that server-sent events are there
 * after 5 s, even if something refused the first WebSocket and swallows the second, or swallows one for each protocol.
 */
const firstWithinMs = 4000;
const secondWithinMs = 2500;
const mqttWithinMs = 1500;
/** Whatever refuses a WebSocket does so at once; a slower attempt waits for an answer that will not come. */
const refusedWithinMs = 1000;

/** Chooses the transport of each attempt to listen. */
export function createTransportChoice(
  listen: Listen,
  transports: Record<Way, OpenTransport>,
  now: () => number = () => performance.now(),
) {
  let failures = 0;
  let fellBackAt: number | undefined;
  let mqttFailedAt: number | undefined;
  let hasWorked = false;
  let begunAt = 0;
  let way: Way = "stomp";

  return {
    /** `withinMs` is how long the other side may take until it says anything. */
    next({ mqtt, stomp }: Pick<Session, "mqtt" | "stomp">): { way: Way; open: OpenTransport; withinMs: number } {
      const by = listen === "auto" ? choose() : listen;
      const second = stomp ? "stomp" : listen === "auto" ? "sse" : mqtt ? "mqtt" : "stomp";
      way = by === "sse" ? by : mqtt && !isRecent(mqttFailedAt) ? "mqtt" : second;
      begunAt = now();
      return { way, open: transports[way], withinMs: patienceMs() };
    },
    succeeded(): void {
      if (way !== "sse") {
        hasWorked = true;
        failures = 0;
        fellBackAt = undefined;
      }
    },
    /**
     * The last attempt did not come to listen.
     * @param isBlocked whether something on the way seems to have blocked it
     * @returns whether the next one is by another transport
     */
    failed(isBlocked: boolean): boolean {
      if (way === "mqtt" && !hasWorked) {
        return leaveMqtt();
      }
      if (!isBlocked) {
        return false;
      }
      if (way === "sse") {
        // Neither works, or the webapp is too old for this: they take turns.
        failures = patience - 1;
        fellBackAt = undefined;
        return false;
      }
      failures += hasWorked || now() - begunAt < refusedWithinMs ? 1 : patience;
      if (failures >= patience) {
        if (way === "mqtt") {
          failures = patience - 1;
          return leaveMqtt();
        }
        fellBackAt = now();
      }
      return choose() === "sse" && listen === "auto";
    },
    /** The network has changed: what was blocked may no longer be. */
    forget(): void {
      failures = 0;
      fellBackAt = mqttFailedAt = undefined;
      hasWorked = false;
    },
  };

  function leaveMqtt(): true {
    mqttFailedAt = now();
    return true;
  }

  function choose(): ListensBy {
    return isRecent(fellBackAt) ? "sse" : "websocket";
  }

  function isRecent(time: number | undefined): boolean {
    return time !== undefined && now() - time < fallbackMs;
  }

  function patienceMs(): number {
    if (hasWorked || way === "sse") {
      return listeningWithinMs;
    }
    if (way === "mqtt") {
      return mqttWithinMs;
    }
    const isFirst = failures === 0 && mqttFailedAt === undefined;
    return listen !== "auto" ? listeningWithinMs : isFirst ? firstWithinMs : secondWithinMs;
  }
}

export type TransportChoice = ReturnType<typeof createTransportChoice>;
