/** How stored signals are received. */
export interface InboxOptions {
  /**
   * `auto` (the default): a stored signal is settled when every handler has returned and its promise is fulfilled; one
   * whose handler has failed comes again with the next session. `manual`: the application calls `me.settle(signal)`.
   */
  settle?: "auto" | "manual";
  /**
   * Remembers over page reloads what the device has received: use `localStorage`. With it no stored signal is handed
   * over twice, even if the page was left before it could be settled, and `onRecovery` also reports after a reload.
   */
  storage?: InboxStorage;
}

/** What is needed of `localStorage`. */
export type InboxStorage = Pick<Storage, "getItem" | "setItem">;

/** What became of a signal that asked for a `receipt`. */
export interface Receipt {
  /** The signal's id. */
  id: string;
  /** `delivered`: the recipient's client has settled it; `expired`: its time to live was over before. */
  outcome: "delivered" | "expired" | (string & {});
  /** The user whom it was for; undefined for a signal to a room. */
  to: string | undefined;
  /** The room that it was sent to, and the id of the member whose receipt this is: each sends one. */
  room: string | undefined;
  member: string | undefined;
  /** The device that settled it first, if it was delivered and the device has a name. */
  device: string | undefined;
  /** The name of the session that settled it first (its `knownAs`), if it was delivered. */
  session: string | undefined;
  /** When it was settled, or expired. */
  at: Date;
}

/** Whether anything that was stored for the user is missing after a reconnect. */
export interface Recovery {
  /**
   * `true`: everything that was sent with `store: "always"` meanwhile has arrived or arrives now. `false`: something
   * has expired before this device got it.
   */
  recovered: boolean;
  /** The newest stored signal's sequence; 0 before the first. */
  lastSequence: number;
  /** Nothing has expired from this sequence on. */
  lowestSequence: number;
}

/** The signals that are stored for the user, and the receipts of those that the user has sent. */
export interface InboxClient {
  /**
   * Says that a stored signal is done with, so that it does not come again: only needed with `settle: "manual"`. What
   * is settled within 20 ms goes in one request, which is repeated until it is answered. Does nothing for a signal that is
   * not stored.
   */
  settle(signal: { sequence?: number | undefined; id: string }): void;

  /** Calls back once for every receipt; those that arrive before there is a handler wait for it. */
  onReceipt(handler: (receipt: Receipt) => void | Promise<unknown>): () => void;

  /**
   * Reports after each reconnect, and with a `storage` after each page reload, whether everything stored has arrived.
   * The webapp is asked only if there is a handler.
   */
  onRecovery(handler: (recovery: Recovery) => void): () => void;
}
