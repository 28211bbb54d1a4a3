import type { Unsubscribe } from "../base/emitter.js";

/**
 * Whether a user can be reached: `listening`, `away`, `unknown` (the node that holds the user's sessions can't be
 * reached), `hidden` (by the server's policy) or `invalid` (no user can have this name).
 */
export type PresenceState = "listening" | "away" | "unknown" | "hidden" | "invalid" | (string & {});

/** A user as seen by others. */
export interface Presence {
  userId: string;
  state: PresenceState;
  /** The devices that listen or may listen. */
  devices: readonly PresentDevice[];
  /** When the user was last known to listen; undefined for users who listen now or were never seen. */
  lastSeen: Date | undefined;
  /** When the server looked: of two reports, the later one holds. */
  asOf: Date;
}

/** A device of a user. */
export interface PresentDevice {
  /** Its name; undefined for all sessions without one. */
  device: string | undefined;
  /** `listening` or `unknown`. */
  state: PresenceState;
  /** Since when. */
  since: Date | undefined;
}

/** A user who has connected at least once. */
export interface KnownUser {
  userId: string;
  firstSeen: Date | undefined;
  lastSeen: Date | undefined;
}

/** What a client can learn about other users. */
export interface PresenceClient {
  /**
   * Whether a user can be reached now.
   * @throws SignalBrokerError `unreachable`, `closed`, or what the webapp says
   */
  presence(userId: string): Promise<Presence>;
  /** The same for 1 to 100 users, each once, in their order. */
  presence(userIds: readonly string[]): Promise<Presence[]>;

  /**
   * Reports the presence of each of these users, and then every change until it is stopped; after a reconnect, what has
   * changed meanwhile. A client watches up to 100 users in all (unless configured otherwise).
   * @returns a function that stops, once the webapp has agreed
   * @throws SignalBrokerError `unreachable`, `closed`, or what the webapp says
   */
  watch(userIds: readonly string[], handler: (presence: Presence) => void): Promise<Unsubscribe>;

  /**
   * The users who have ever listened, ordered by name, except anonymous ones and those whom the user may not see.
   * @example for await (const { userId } of me.users()) console.log(userId);
   */
  users(): AsyncIterableIterator<KnownUser>;
}
