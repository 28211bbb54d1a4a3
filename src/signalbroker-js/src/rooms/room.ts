import { createEmitter, type Unsubscribe } from "../emitter.js";
import type { Signal } from "../envelope.js";
import { numberOf, objectsOf, textOf, type JsonObject } from "../json.js";
import { uniqueId } from "../random.js";
import type { OutgoingSignal } from "../sending/signal.js";
import { createMembers, type Member, type MembersChange } from "./members.js";
import type { RoomEnd, RoomKind, RoomSendOptions, RoomSent } from "./options.js";

/** A room that the user is a member of, on all devices and over reconnects and page reloads. */
export interface Room {
  /** What others need to join it, with the {@link joinCode} unless it is open. */
  readonly id: string;
  /** Its title, if it has one. */
  readonly name: string | undefined;
  readonly kind: RoomKind;
  /** Whether everybody may join who knows its id. */
  readonly isOpen: boolean;
  /** How many members it may have. */
  readonly maxMembers: number;
  /** The code that lets others in; only known where the room was created, and only to that page. */
  readonly joinCode: string | undefined;
  /** All members, the user itself among them, in the order in which they joined. */
  readonly members: readonly Member[];
  /** The user itself. */
  readonly me: Member;
  /** Why the user is no member any more; undefined while it is one. */
  readonly end: RoomEnd | undefined;
  /** Fulfilled when the user is no member any more. */
  readonly ended: Promise<RoomEnd>;

  /** Hears of every signal to the room, or to this member of it, once. */
  onSignal(handler: (signal: Signal) => void | Promise<unknown>): Unsubscribe;

  /** Hears of every change of the members; after a reconnect of what was missed, at once. */
  onMembers(handler: (change: MembersChange) => void): Unsubscribe;

  /**
   * Sends any JSON to the other members, or to one of them. Signals to one room go one after the other, and wait while
   * the client reconnects.
   * @throws SignalBrokerError `not-a-member`, `member-not-listening`, `member-not-found`, `host-only`,
   * `room-not-found`, or what `me.send` throws
   */
  send(content: unknown, options?: RoomSendOptions): Promise<RoomSent>;

  /** Lets the others know who one is. It can't be taken back. */
  reveal(): Promise<void>;

  /**
   * Ends somebody's membership.
   * @param member the member, or its id
   * @throws SignalBrokerError `not-the-owner`, `member-not-found`
   */
  remove(member: string | Pick<Member, "id">): Promise<void>;

  /** Leaves the room; if the host leaves, the room is closed. */
  leave(): Promise<void>;

  /**
   * Closes the room for all members.
   * @throws SignalBrokerError `not-the-owner`
   */
  close(): Promise<void>;
}

/** A room as its client drives it. */
export interface LiveRoom {
  readonly room: Room;
  /** Undefined when nobody listens here. */
  receive(signal: Signal): Promise<unknown>[] | undefined;
  /** What an envelope of the server tells. */
  hear(event: JsonObject, sentAt: Date): void;
  check(version: number): void;
  loaded(): Promise<void>;
  end(why: RoomEnd): void;
}

export interface RoomParts {
  ask(method: "GET" | "POST" | "DELETE", path: string): Promise<unknown>;
  send(signal: OutgoingSignal): Promise<JsonObject>;
  /** There is a handler of signals that was not there before. */
  onHandler(): void;
}

export function createRoom(parts: RoomParts, answer: JsonObject): LiveRoom {
  const id = textOf(answer, "room") ?? "";
  const own = textOf(answer, "me") ?? "";
  const signals = createEmitter<Signal>();
  const changes = createEmitter<MembersChange>();
  let end: RoomEnd | undefined;
  let tellEnd: (why: RoomEnd) => void;
  const ended = new Promise<RoomEnd>((resolve) => (tellEnd = resolve));
  let me: Member = {
    id: own,
    userId: undefined,
    alias: undefined,
    isOwner: textOf(answer, "owner") === own,
    joinedAt: new Date(),
  };

  const members = createMembers({
    fetch: () => parts.ask("GET", `rooms/${id}/members`),
    onChange(change) {
      me = change.members.find((member) => member.id === own) ?? me;
      changes.emit(change);
    },
    onRefused({ status }) {
      if (status === 403 || status === 404) {
        finish("gone");
      }
    },
  });

  const room: Room = {
    id,
    name: textOf(answer, "name"),
    kind: textOf(answer, "kind") === "host" ? "host" : "broadcast",
    isOpen: answer["open"] === true,
    maxMembers: numberOf(answer, "maxMembers") ?? 0,
    joinCode: textOf(answer, "joinCode"),
    ended,
    get members() {
      return members.current;
    },
    get me() {
      return me;
    },
    get end() {
      return end;
    },
    onSignal(handler) {
      const stop = signals.on(handler);
      parts.onHandler();
      return stop;
    },
    onMembers: changes.on,
    async send(content, { to, ...options } = {}) {
      const signal = { ...options, to: { room: id, member: idOf(to) }, content, id: options.id ?? uniqueId() };
      return readRoomSent(signal.id, await parts.send(signal));
    },
    async reveal() {
      await parts.ask("POST", `rooms/${id}/reveal`);
      await members.load();
    },
    async remove(member) {
      await parts.ask("DELETE", `rooms/${id}/members/${idOf(member)}`);
      await members.load();
    },
    async leave() {
      await parts.ask("POST", `rooms/${id}/leave`);
      finish("left");
    },
    async close() {
      await parts.ask("DELETE", `rooms/${id}`);
      finish("closed");
    },
  };

  return {
    room,
    receive: (signal) => (signals.size > 0 ? signals.emit(signal) : undefined),
    hear(event, sentAt) {
      const happened = textOf(event, "event");
      const about = event["member"] as JsonObject | undefined;
      if (happened === "closed") {
        finish("closed");
      } else if ((happened === "left" || happened === "removed") && about?.["member"] === own) {
        finish(happened);
      } else if (!end) {
        members.hear(event, sentAt);
      }
    },
    check: members.check,
    loaded: members.load,
    end: finish,
  };

  function finish(why: RoomEnd): void {
    if (!end) {
      end = why;
      tellEnd(why);
    }
  }
}

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
