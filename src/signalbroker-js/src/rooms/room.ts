import { createEmitter, type Unsubscribe } from "../base/emitter.js";
import type { Signal } from "../base/envelope.js";
import { numberOf, objectOf, objectsOf, textOf, type JsonObject } from "../base/json.js";
import { segmentOf } from "../base/path.js";
import { writeSignal, type OutgoingSignal } from "../sending/signal.js";
import type { Member, MembersChange } from "./members.js";
import { createMembership } from "./membership.js";
import type { RoomEnd, RoomKind, RoomSendOptions, RoomSent } from "./options.js";

/** A room that the user is a member of, on all devices, over reconnects and page reloads. */
export interface Room {
  /** What others need to join it, with the {@link joinCode} unless it is open. */
  readonly id: string;
  /** Its title, if it has one. */
  readonly name: string | undefined;
  readonly kind: RoomKind;
  /** Whether everybody who knows its id may join. */
  readonly isOpen: boolean;
  /** How many members it may have. */
  readonly maxMembers: number;
  /** The code that lets others in; known only to the page that created the room, or that renewed the code last. */
  readonly joinCode: string | undefined;
  /** All members, including the user, in the order in which they joined. */
  readonly members: readonly Member[];
  /** The user as a member. */
  readonly me: Member;
  /** Why the user is no longer a member; undefined until then. */
  readonly end: RoomEnd | undefined;
  /** Fulfilled when the user is no longer a member. */
  readonly ended: Promise<RoomEnd>;

  /**
   * Calls back once for every signal to the room, or to this member of it. What arrives after joining waits for the
   * first handler; of what is not stored, the newest 1,000 signals and 4 MiB of JSON, those to the user included.
   */
  onSignal(handler: (signal: Signal) => void | Promise<unknown>): Unsubscribe;

  /** Calls back on every change of the members; after a reconnect, at once for what was missed. */
  onMembers(handler: (change: MembersChange) => void): Unsubscribe;

  /**
   * Sends any JSON to the other members, or to one of them. Signals to one room go one after the other, and wait while
   * the client reconnects.
   * @throws SignalBrokerError `not-a-member`, `member-not-listening`, `member-not-found`, `host-only`,
   * `room-not-found`, or what `me.send` throws
   */
  send(content: unknown, options?: RoomSendOptions): Promise<RoomSent>;

  /** Lets the others know who the user is. This can't be undone. */
  reveal(): Promise<void>;

  /**
   * Ends somebody's membership. That user can't join again for a day (unless configured otherwise), with any code or
   * device, but may come back as another user: renew the code as well.
   * @param member the member, or its id
   * @throws SignalBrokerError `not-the-owner`, `member-not-found`
   */
  remove(member: string | Pick<Member, "id">): Promise<void>;

  /**
   * Undoes a removal: the user may join again.
   * @param member the removed member, or its id
   * @throws SignalBrokerError `not-the-owner`
   */
  readmit(member: string | Pick<Member, "id">): Promise<void>;

  /**
   * Gives the room a new code: the old one no longer lets anybody in. Members stay.
   * @returns the new code
   * @throws SignalBrokerError `not-the-owner`, `room-open`
   */
  renewJoinCode(): Promise<string>;

  /** Leaves the room; if the host leaves, the room is closed. */
  leave(): Promise<void>;

  /**
   * Closes the room for all members.
   * @throws SignalBrokerError `not-the-owner`
   */
  close(): Promise<void>;
}

export interface RoomParts {
  ask(method: "GET" | "POST" | "DELETE", path: string): Promise<unknown>;
  send(signal: OutgoingSignal): Promise<JsonObject>;
  /** There is a new handler of signals. */
  onHandler(): void;
}

/** A room, and what the client does with it. */
export function createRoom(parts: RoomParts, answer: JsonObject) {
  const id = textOf(answer, "room") ?? "";
  const path = `rooms/${segmentOf(id, "room-not-found")}`;
  const signals = createEmitter<Signal>();
  const membership = createMembership(answer, () => parts.ask("GET", `${path}/members`));
  let joinCode = textOf(answer, "joinCode");

  const room: Room = {
    id,
    name: textOf(answer, "name"),
    kind: textOf(answer, "kind") === "host" ? "host" : "broadcast",
    isOpen: answer["open"] === true,
    maxMembers: numberOf(answer, "maxMembers") ?? 0,
    ended: membership.ended,
    get joinCode() {
      return joinCode;
    },
    get members() {
      return membership.members;
    },
    get me() {
      return membership.me;
    },
    get end() {
      return membership.end;
    },
    onSignal(handler) {
      const stop = signals.on(handler);
      parts.onHandler();
      return stop;
    },
    onMembers: membership.onMembers,
    async send(content, { to, ...options } = {}) {
      const signal = writeSignal({ room: id, member: idOf(to) }, content, options);
      return readRoomSent(signal.id, await parts.send(signal));
    },
    async reveal() {
      await parts.ask("POST", `${path}/reveal`);
      await membership.load();
    },
    async remove(member) {
      await parts.ask("DELETE", `${path}/members/${segmentOf(idOf(member), "member-not-found")}`);
      await membership.load();
    },
    async readmit(member) {
      await parts.ask("DELETE", `${path}/removals/${segmentOf(idOf(member), "member-not-found")}`);
    },
    async renewJoinCode() {
      joinCode = textOf(objectOf(await parts.ask("POST", `${path}/join-code`)), "joinCode") ?? "";
      return joinCode;
    },
    async leave() {
      await parts.ask("POST", `${path}/leave`);
      membership.finish("left");
    },
    async close() {
      await parts.ask("DELETE", path);
      membership.finish("closed");
    },
  };

  return {
    room,
    /** Whether there has been a handler; not after the end, as the user may join again. */
    get hadHandler(): boolean {
      return signals.hadHandler && !membership.end;
    },
    /** Undefined when there is no handler. */
    receive: (signal: Signal) => (signals.size > 0 ? signals.emit(signal) : undefined),
    hear: membership.hear,
    reach: membership.reach,
    end: membership.finish,
  };
}

export type LiveRoom = ReturnType<typeof createRoom>;

function idOf<T extends string | undefined>(member: T | Pick<Member, "id">): T | string {
  return typeof member === "object" ? member.id : member;
}

function readRoomSent(id: string, answer: JsonObject): RoomSent {
  return {
    id,
    members: numberOf(answer, "members") ?? 0,
    hidden: textOf(answer, "outcome") !== undefined,
    listening: numberOf(answer, "listening") ?? 0,
    stored: numberOf(answer, "stored") ?? 0,
    full: numberOf(answer, "full") ?? 0,
    nodes: objectsOf(answer, "nodes").map((node) => ({
      members: numberOf(node, "members") ?? 0,
      outcome: textOf(node, "outcome") ?? "unknown",
    })),
  };
}
