import { createBuffer } from "./base/buffer.js";
import { createEmitter, type Emitter } from "./base/emitter.js";
import { isSignal, readEnvelope, type ControlSignal, type Signal } from "./base/envelope.js";
import { objectOf, type JsonObject } from "./base/json.js";
import type { Calls } from "./calls/calls.js";
import { callType } from "./calls/content.js";
import type { Inbox, Stored } from "./inbox/inbox.js";
import type { Receipt } from "./inbox/options.js";
import { readReceipt, receiptType } from "./inbox/receipts.js";
import type { Presences } from "./presence/presence.js";
import { presenceType } from "./presence/reading.js";
import { roomType, type Rooms } from "./rooms/rooms.js";
import type { SocketSending } from "./sending/socket.js";

export interface ReceptionParts {
  inbox: Inbox;
  rooms: Rooms;
  presences: Presences;
  calls: Calls;
  socket: SocketSending;
  isDuplicate(envelope: Signal): boolean;
  /** The server tells of the session itself. */
  onSession(told: JsonObject): void;
}

/** The type of the envelopes that tell what happened to the session. */
const sessionType = "session";

/** Hands what arrives to the part of the client that it concerns. */
export function createReception(parts: ReceptionParts) {
  const { inbox, rooms, presences, calls, socket } = parts;
  const signals = createEmitter<Signal>();
  const receipts = createEmitter<Receipt>();
  const buffer = createBuffer(hand, (room) => (room === undefined ? signals.hadHandler : rooms.hadHandler(room)));

  return {
    onSignal: onStored(signals),
    onReceipt: onStored(receipts),
    /** Takes what the transport brings. */
    receive(body: string): void {
      const envelope = readEnvelope(body);
      if (envelope?.sequence !== undefined) {
        inbox.receive(envelope as Stored);
      } else if (envelope && !isSignal(envelope)) {
        handControl(envelope);
      } else if (envelope && !parts.isDuplicate(envelope)) {
        buffer.receive(envelope, body.length);
      }
    },
    hand,
    onHandler,
  };

  function onStored<T>(events: Emitter<T>): Emitter<T>["on"] {
    return (handler) => {
      const stop = events.on(handler);
      onHandler();
      return stop;
    };
  }

  /** There is a new handler: hands over what was kept for it. */
  function onHandler(): void {
    queueMicrotask(() => {
      inbox.handOver();
      buffer.handOver();
    });
  }

  /** Undefined when it has no handler yet. */
  function hand(envelope: Signal | ControlSignal): Promise<unknown>[] | undefined {
    if (!isSignal(envelope)) {
      return handControl(envelope);
    }
    if (envelope.type === callType) {
      calls.receive(envelope);
      return [];
    }
    return envelope.room === undefined ? emit(signals, envelope) : rooms.receive(envelope);
  }

  function handControl(control: ControlSignal): Promise<unknown>[] | undefined {
    switch (control.type) {
      case receiptType:
        return emit(receipts, readReceipt(control));
      case roomType:
        rooms.hear(control);
        break;
      case presenceType:
        presences.hear(control);
        break;
      case sessionType:
        parts.onSession(objectOf(control.content));
        break;
      default:
        socket.receive(control);
    }
    return [];
  }
}

function emit<T>(events: Emitter<T>, event: T): Promise<unknown>[] | undefined {
  return events.size > 0 ? events.emit(event) : undefined;
}
