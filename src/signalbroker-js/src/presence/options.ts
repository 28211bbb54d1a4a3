import type { Unsubscribe } from "../base/emitter.js";

/**
 * Whether a user can be reached: `listening`, `away`, `unknown` (the node that holds the user's sessions is unreachable),
 * `hidden` (the server's policy does not let one see) or `invalid` (nobody can be called so).
 */
export type PresenceState = "listening" | "away" | "unknown" | "hidden" | "invalid" | (string & {});

/** A user as others see it. */
export interface Presence {
  userId: string;
  state: PresenceState;
  /** The devices that listen or may listen. */
  devices: readonly PresentDevice[];
  /** When the user was last known to listen; undefined while it does, and for users never seen. */
  lastSeen: Date | undefined;
  /** When the server looked: of two reports the later one is true. */
  asOf: Date;
}

/** A device of a user. */
export interface PresentDevice {
  /** What the user calls it; undefined for all sessions without a name. */
  device: string | undefined;
  /** `listening` or `unknown`. */
  state: PresenceState;
  /** Since when. */
  since: Date | undefined;
}

/** Somebody who has connected at least once. */
export interface KnownUser {
  userId: string;
  firstSeen: Date | undefined;
  lastSeen: Date | undefined;
}

/** What a client knows of other users. */
export interface PresenceClient {
  /**
   * Whether a user can be reached now.
   * @throws SignalBrokerError `unreachable`, `closed`, or what the webapp says
   */
  presence(userId: string): Promise<Presence>;
  /** The same of 1 to 100 users, each once, in their order. */
  presence(userIds: readonly string[]): Promise<Presence[]>;

  /**
   * Tells of each of these users where it stands now, and then each change, until it is stopped; after a reconnect what
   * has changed meanwhile. A client watches up to 100 users (unless configured otherwise) in all.
   * @returns how to stop, once the webapp has agreed
   * @throws SignalBrokerError `unreachable`, `closed`, or what the webapp says
   */
  watch(userIds: readonly string[], handler: (presence: Presence) => void): Promise<Unsubscribe>;

  /**
   * The users who have ever listened, ordered by their names, as far as one may see them; anonymous ones are not told.
   * @example for await (const { userId } of me.users()) console.log(userId);
   */
  users(): AsyncIterableIterator<KnownUser>;
}
