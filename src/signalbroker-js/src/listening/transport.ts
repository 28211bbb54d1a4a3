import type { Session } from "./session.js";

/** What a transport tells its owner. After `lost`, which comes at most once, it says nothing more. */
export interface TransportEvents {
  /** The broker confirmed it: from now on signals arrive. */
  listening(): void;
  /** An envelope, as JSON. */
  received(body: string): void;
  /**
   * @param reason a sentence
   * @param isBlocked whether nothing has ever come in, as if something between browser and server blocked it
   * @param isUnused whether the session's key was not sent: another transport may use it
   */
  lost(reason: string, isBlocked: boolean, isUnused?: boolean): void;
}

/** Brings in the signals of one session. */
export interface Transport {
  /** Sends a signal's body the same way; absent where that is impossible. */
  send?(body: string): void;
  /** Ends it without calling `lost`. */
  close(): void;
}

/** How long a reachable node may take: after an outage everybody comes at once. */
export const listeningWithinMs = 12_000;

/** @param withinMs how long the other side may take until it says anything */
export type OpenTransport = (session: Session, events: TransportEvents, withinMs: number) => Transport;
