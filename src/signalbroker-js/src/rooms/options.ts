import type { SendOptions } from "../sending/signal.js";
import type { Member } from "./members.js";

/** Whom a member reaches: in `broadcast` everyone, in `host` the host, who reaches everyone. */
export type RoomKind = "broadcast" | "host";

/** How the user appears in a room. */
export interface MemberOptions {
  /** The user's name there: 1 to 64 characters (code points); it must not look like another member's name. */
  alias?: string;
  /** Whether the others know only the user's member id and alias, until `room.reveal()`. */
  anonymous?: boolean;
}

/** A new room. */
export interface RoomOptions extends MemberOptions {
  /** Its title: 1 to 64 characters (code points). */
  name?: string;
  /** Whom a member reaches; `broadcast` if left out. */
  kind?: RoomKind;
  /** Whether everybody who knows its id may join; otherwise a join code is made. */
  open?: boolean;
  /** How many members it may have; as many as the server allows (1000 unless configured otherwise) if left out. */
  maxMembers?: number;
}

/** How to join a room. */
export interface JoinOptions extends MemberOptions {
  /** The code that the room's creator was given; not needed if the room is open, or by a member. */
  joinCode?: string;
}

/** What accompanies the content of a signal to a room. */
export interface RoomSendOptions extends SendOptions {
  /** The one member that it is for (or its id); everyone whom the user reaches if left out. */
  to?: string | Pick<Member, "id">;
}

/** What became of a signal to a room. */
export interface RoomSent {
  id: string;
  /** How many other members it is for. */
  members: number;
  /**
   * Whether the server hides who listens, because a recipient is anonymous or users see only themselves
   * (`Presence:Visibility` = `Nobody`): it has taken the signal, or stored it if that was asked for, even if the counts
   * below are 0.
   */
  hidden: boolean;
  /** How many of them have a session that listens. */
  listening: number;
  /** For how many of them the server has stored it; 0 if that was not asked for. */
  stored: number;
  /** How many do not get it because too much is stored for them; 0 if it was not to be stored. */
  full: number;
  /** How many of them each node holds, and what it answered: `queued`, `partly` (some have it) and so on. */
  nodes: readonly { members: number; outcome: string }[];
}

/**
 * Why the user is no longer a member: the user has `left` or was `removed` by the owner, or the room was `closed`;
 * `gone` if that happened while the client did not listen.
 */
export type RoomEnd = "left" | "removed" | "closed" | "gone";
