import { insist } from "../base/again.js";
import type { ControlSignal, Signal } from "../base/envelope.js";
import { SignalBrokerError } from "../base/errors.js";
import { isObject, numberOf, objectOf, objectsIn, textOf, type JsonObject } from "../base/json.js";
import { segmentOf } from "../base/path.js";
import type { Requests } from "../listening/requests.js";
import type { OutgoingSignal } from "../sending/signal.js";
import type { JoinOptions, RoomOptions } from "./options.js";
import { createRoom, type LiveRoom, type Room } from "./room.js";

/** The type of the envelopes that tell of changes to a room. */
export const roomType = "room";

/** What a client can do with rooms. */
export interface RoomsClient {
  /**
   * Creates a room, owned by the user. Others join it by its `id` and, unless it is open, its `joinCode`.
   * @throws SignalBrokerError `too-many-rooms`, `invalid-member`, `too-many-requests`, `unreachable` (it may have been
   * created or not)
   */
  createRoom(options?: RoomOptions): Promise<Room>;

  /**
   * Makes the user a member of a room; a user who already is one stays the same member. What is sent to the member from
   * then on waits for `room.onSignal`.
   * @throws SignalBrokerError `room-not-found`, `join-code-wrong`, `removed-from-room`, `room-full`, `too-many-rooms`,
   * `alias-taken`
   */
  joinRoom(id: string, options?: JoinOptions): Promise<Room>;

  /** The rooms that the user is a member of, including those joined before a page reload or by another device. */
  rooms(): Promise<Room[]>;
}

export interface RoomsParts {
  requests: Requests;
  send(signal: OutgoingSignal): Promise<JsonObject>;
  /** There is a handler of signals that was not there before. */
  onHandler(): void;
}

/** All rooms of a client. */
export function createRooms({ requests: { ask }, send, onHandler }: RoomsParts) {
  /** Those that have ended as well: signals that were stored before may still come. */
  const rooms = new Map<string, LiveRoom>();

  const client: RoomsClient = {
    createRoom: async (options = {}) => hold(objectOf(await ask("POST", "rooms", options))),
    joinRoom: async (id, options = {}) =>
      hold(objectOf(await ask("POST", `rooms/${segmentOf(id, "room-not-found")}/join`, options))),
    rooms: async () => (await Promise.all((await list()).map(hold))).filter(({ end }) => !end),
  };
  return {
    client,
    /** Undefined when the room has no handler. */
    receive: (signal: Signal) => rooms.get(signal.room ?? "")?.receive(signal),
    /** Whether the room has had a handler since it was joined; undefined if it was not. */
    hadHandler: (room: string) => rooms.get(room)?.hadHandler,
    /** Takes an envelope of {@link roomType}, which the server has written. */
    hear({ content, sentAt }: ControlSignal): void {
      if (isObject(content)) {
        rooms.get(textOf(content, "room") ?? "")?.hear(content, sentAt);
      }
    },
    /** The client listens, on a new session. */
    listening: (): void => void refresh().catch(() => undefined),
  };

  /** The same room is the same object, as long as the user stays a member. */
  async function hold(answer: JsonObject): Promise<Room> {
    const id = textOf(answer, "room");
    if (id === undefined) {
      throw new SignalBrokerError("unreachable", "The answer has no room.");
    }
    let live = rooms.get(id);
    if (!live || live.room.end) {
      live = createRoom({ ask, send, onHandler }, answer);
      rooms.set(id, live);
    }
    await live.reach(numberOf(answer, "version") ?? 1);
    return live.room;
  }

  /** Catches up with what happened while the client did not listen. */
  async function refresh(): Promise<void> {
    const before = [...rooms].filter(([, { room }]) => !room.end);
    if (before.length === 0) {
      return;
    }
    const now = new Map((await insist(list)).map((answer) => [textOf(answer, "room"), answer]));
    for (const [id, live] of before) {
      const answer = now.get(id);
      if (answer) {
        live.reach(numberOf(answer, "version") ?? 0).catch(() => undefined);
      } else {
        live.end("gone");
      }
    }
  }

  async function list(): Promise<JsonObject[]> {
    return objectsIn(await ask("GET", "rooms"));
  }
}

export type Rooms = ReturnType<typeof createRooms>;
