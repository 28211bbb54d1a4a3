import type { Unsubscribe } from "../emitter.js";

/**
 * Whether a user can be reached: `listening`, `away`, `unknown` (the node that holds the user's sessions is unreachable)
 * or `hidden` (the server's policy does not let one see).
 */
export type PresenceState = "listening" | "away" | "unknown" | "hidden" | (string & {});

/** A user as others see it. */
export interface Presence {
  userId: string;
  state: PresenceState;
  /** The sessions that listen; none when the user is away. */
  devices: readonly PresentDevice[];
  /** When the user was last there, if that is known. */
  lastSeen: Date | undefined;
}

/** One listening session of a user. */
export interface PresentDevice {
  /** What the user calls it, if it has a name. */
  device: string | undefined;
  state: PresenceState;
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
  /** The same of up to 100 users, in their order. */
  presence(userIds: readonly string[]): Promise<Presence[]>;

  /**
   * Tells of each of these users where it stands now, and then each change, until it is stopped; after a reconnect what
   * has changed meanwhile. A client watches up to 100 users (unless configured otherwise) in all.
   * @returns how to stop, once the webapp has agreed
   * @throws SignalBrokerError `unreachable`, `closed`, or what the webapp says
   */
  watch(userIds: readonly string[], handler: (presence: Presence) => void): Promise<Unsubscribe>;

  /**
   * The users who have ever connected, ordered by their names, as far as one may see them; anonymous ones are not told.
   * @example for await (const { userId } of me.users()) console.log(userId);
   */
  users(): AsyncIterableIterator<KnownUser>;
}
