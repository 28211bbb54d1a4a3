import type { Session } from "./session.js";

/** What a transport tells its owner. After `lost`, which comes at most once, it says nothing more. */
export interface TransportEvents {
  /** The broker confirmed it: from now on signals arrive. */
  listening(): void;
  /** An envelope, as JSON. */
  received(body: string): void;
  /**
   * @param reason a sentence
   * @param isBlocked whether nothing has ever come this way, as if something between browser and server blocked it
   */
  lost(reason: string, isBlocked: boolean): void;
}

/** One way in for one session. */
export interface Transport {
  /** Sends a signal's body out the same way; absent where that is impossible. */
  send?(body: string): void;
  /** Ends it without calling `lost`. */
  close(): void;
}

/** So long a node may take that is known to be reachable: after an outage everybody comes at once. */
export const listeningWithinMs = 12_000;

/** @param withinMs how long it may take until the other side has said a word */
export type OpenTransport = (session: Session, events: TransportEvents, withinMs: number) => Transport;
