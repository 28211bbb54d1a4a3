import type { SendOptions } from "../sending/signal.js";
import type { Member } from "./members.js";

/** Whom a member reaches: in `broadcast` everyone, in `host` the host, who reaches everyone. */
export type RoomKind = "broadcast" | "host";

/** Who one is in a room. */
export interface MemberOptions {
  /** What one is called there: 1 to 64 characters (code points); an alias that looks like another member's name is refused. */
  alias?: string;
  /** Whether the others know nothing of one but the member id and the alias, until one reveals oneself. */
  anonymous?: boolean;
}

/** A new room. */
export interface RoomOptions extends MemberOptions {
  /** Its title: 1 to 64 characters (code points). */
  name?: string;
  /** Whom a member reaches; `broadcast` if left out. */
  kind?: RoomKind;
  /** Whether everybody may join who knows its id; otherwise a join code is made. */
  open?: boolean;
  /** How many members it may have; as many as the server allows (1000 unless configured otherwise) if left out. */
  maxMembers?: number;
}

/** How to join a room. */
export interface JoinOptions extends MemberOptions {
  /** The code that whoever created the room was given; not needed where it is open, or by who is a member already. */
  joinCode?: string;
}

/** What may be said about a signal to a room besides its content. */
export interface RoomSendOptions extends SendOptions {
  /** The one member that it is for (or its id); all that one reaches if left out. */
  to?: string | Pick<Member, "id">;
}

/** What became of a signal to a room. */
export interface RoomSent {
  id: string;
  /** How many other members it is for. */
  members: number;
  /**
   * Whether the server hides who listens, because one of those it is for is anonymous or users see themselves only
   * (`Presence:Visibility` = `Nobody`): it has taken the signal, or stored it if that was asked for, also where the counts
   * below are 0.
   */
  hidden: boolean;
  /** How many of them have a session that listens. */
  listening: number;
  /** For how many of them the server has stored it; 0 if that was not asked for. */
  stored: number;
  /** How many do not get it because too much is stored for them; 0 if it was not to be stored. */
  full: number;
  /** How many of them each node holds, and what it said: `queued`, `partly` (some have it) and so on. */
  nodes: readonly { members: number; outcome: string }[];
}

/**
 * Why one is no member any more: one has `left`, the owner has `removed` one, or the room was `closed`; `gone` when that
 * happened while the client did not listen.
 */
export type RoomEnd = "left" | "removed" | "closed" | "gone";
