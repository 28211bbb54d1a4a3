import { createAcceptance } from "./acceptance.js";
import type { Call } from "./call.js";
import { createCaller } from "./caller.js";
import type { ReceivedContent, ReceivedRing, RingMedia, RingStop } from "./content.js";
import type { CallParts } from "./line.js";
import type { Begin } from "./liveCall.js";
import type { CallMedia } from "./options.js";
import { createOutcome } from "./outcome.js";
import type { Tell } from "./outgoing.js";

/** Why a call rings no more: what was done here, or `cancelled`, `answered-elsewhere`, `declined` on another device. */
export type RingEnd = RingStop | "accepted" | "busy" | "closed";

/** A call that rings here. */
export interface IncomingCall {
  readonly id: string;
  /** The user who calls. */
  readonly from: string;
  /** What the caller says about the call. */
  readonly info: unknown;
  /** What the caller sends from the beginning. */
  readonly media: RingMedia;
  /** The labels of the data channels that the caller opens. */
  readonly channels: readonly string[];
  /** Fulfilled when it rings no more. */
  readonly ended: Promise<RingEnd>;
  /**
   * Answers; the user's other devices stop ringing.
   * @throws SignalBrokerError `answered-elsewhere`, `cancelled`, `declined`, `peer-gone`, `no-webrtc`
   */
  accept(options?: CallMedia): Promise<Call>;
  /** Refuses for all of the user's devices. */
  decline(): void;
  /** This device can't take the call; the others go on ringing. */
  busy(): void;
}

/** An incoming call, and what the client does with it. */
export interface Ring {
  readonly incoming: IncomingCall;
  /** `replaces` is the own call that gives way to it. */
  accept(options: CallMedia, replaces?: string): Promise<Call>;
  receive(content: ReceivedContent, from: string, fromSession: string): void;
  /** This end listens on a new session, which the caller must hear of. */
  listening(): void;
  /** Whether this end has accepted, and the caller has not begun. */
  readonly isAccepting: boolean;
  /** Fulfilled when the caller was told, if it has to be; `last` when the page is being left. */
  close(tell: Tell): Promise<void>;
}

/** What a caller hears that does not know yet that this end is not, or no more, to be had. */
export type Late = (content: ReceivedContent, from: string, fromSession: string) => void;

export interface RingParts {
  parts: CallParts;
  call: string;
  from: string;
  fromSession: string;
  content: ReceivedRing;
  /** Prepares the connection, so that the call can begin as soon as the caller says its first word. */
  prepare(options: CallMedia): Promise<Begin>;
  /** It is over, or has become a call. */
  onEnded(how: RingEnd | "silent", late: Late): void;
}

/** How long the caller may be silent: it rings every 5 seconds, but may have to reconnect in between. */
const silentMs = 30_000;

export function createRing(ring: RingParts): Ring {
  const { call, from, content } = ring;
  const caller = createCaller(ring.parts, call, from, ring.fromSession);
  const outcome = createOutcome(caller, ring.onEnded);
  const acceptance = createAcceptance(ring, caller, outcome);
  const { accept } = acceptance;
  waitForRing();

  return {
    incoming: {
      id: call,
      from,
      info: content.info,
      media: content.media,
      channels: content.channels,
      ended: outcome.ended,
      accept: (options = {}) => accept(options),
      decline: () => outcome.refuse("declined"),
      busy: () => outcome.refuse("busy"),
    },
    accept,
    receive(received, sender, session) {
      if (sender === from && !outcome.isOver) {
        hear(received, session);
      }
    },
    listening() {
      if (acceptance.isReady) {
        // The caller has heard that this end accepts, or has not, and may have come back itself.
        acceptance.say();
        void caller.sayToUser({ kind: "resume" });
      }
    },
    get isAccepting() {
      return acceptance.isPending;
    },
    async close(tell) {
      const isWaitedFor = acceptance.isPending && acceptance.isReady;
      outcome.stop("closed");
      if (isWaitedFor && tell === "last") {
        caller.sayLast({ kind: "busy" });
      } else if (isWaitedFor && tell === "peer") {
        await caller.say({ kind: "busy" });
      }
    },
  };

  function hear(received: ReceivedContent, session: string): void {
    switch (received.kind) {
      case "ring":
        // The caller may have come back with another session, or never heard that this end accepts.
        caller.session = session;
        if (acceptance.isReady) {
          acceptance.say();
        } else {
          waitForRing();
        }
        break;
      case "stop":
        if (received.by === undefined || !acceptance.wasSaidBy(received.by)) {
          outcome.stop(received.reason);
        }
        break;
      case "end":
        outcome.stop("cancelled");
        break;
      case "negotiate":
      case "resume":
      case "resumed":
        acceptance.take(received, session);
        break;
    }
  }

  function waitForRing(): void {
    outcome.wait(silentMs, "silent", "cancelled");
  }
}
