import { createAcceptance } from "./acceptance.js";
import type { Call } from "./call.js";
import type { ReceivedContent, ReceivedRing, Receive, RingMedia, RingStop } from "./content.js";
import { createLine, type CallParts, type Tell } from "./line.js";
import type { Begin } from "./liveCall.js";
import type { CallMedia } from "./options.js";
import { createOutcome } from "./outcome.js";

/** Why a call no longer rings: what was done here, or `cancelled`, `answered-elsewhere`, `declined` elsewhere. */
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
  /** Fulfilled when it no longer rings. */
  readonly ended: Promise<RingEnd>;
  /**
   * Answers; the user's other devices stop ringing.
   * @throws SignalBrokerError `answered-elsewhere`, `cancelled`, `declined`, `peer-gone`, `no-webrtc`
   */
  accept(options?: CallMedia): Promise<Call>;
  /** Refuses for all of the user's devices. */
  decline(): void;
  /** Says that this device can't take the call; the others go on ringing. */
  busy(): void;
}

export interface RingParts {
  parts: CallParts;
  call: string;
  from: string;
  fromSession: string;
  content: ReceivedRing;
  /** Prepares the connection, so that the call can begin with the caller's first signal. */
  prepare(options: CallMedia): Promise<Begin>;
  /**
   * It is over, or has become a call.
   * @param late answers a caller who does not know that yet
   */
  onEnded(how: RingEnd | "silent", late: Receive): void;
}

/** How long the caller may be silent: it rings every 5 seconds, but may have to reconnect in between. */
const silentMs = 30_000;

/** An incoming call, and what the client does with it. */
export function createRing(ring: RingParts) {
  const { call, from, fromSession, content } = ring;
  const line = createLine(ring.parts, { call, role: "callee", peer: from, peerSession: fromSession, secret: "" });
  const outcome = createOutcome(line, ring.onEnded);
  const acceptance = createAcceptance(ring, line, outcome);
  const { accept } = acceptance;
  const incoming: IncomingCall = {
    id: call,
    from,
    info: content.info,
    media: content.media,
    channels: content.channels,
    ended: outcome.ended,
    accept: (options = {}) => accept(options),
    decline: () => outcome.refuse("declined"),
    busy: () => outcome.refuse("busy"),
  };
  waitForRing();

  return {
    incoming,
    accept,
    /** Whether this end has accepted, and the caller has not begun. */
    isAccepting: acceptance.isPending,
    receive(received: ReceivedContent, sender: string, session: string): void {
      if (sender === from && !outcome.isOver) {
        hear(received, session);
      }
    },
    /** This end listens on a new session, which the caller must learn. */
    listening(): void {
      if (acceptance.isReady) {
        // The caller may have heard that this end accepts or not, and may have come back itself.
        acceptance.say();
        void line.toUser({ kind: "resume" });
      }
    },
    /** Fulfilled when the caller has been told, if it must be. */
    async close(tell: Tell): Promise<void> {
      const isAwaited = acceptance.isPending() && acceptance.isReady;
      outcome.stop("closed");
      await line.finish({ kind: "busy" }, isAwaited ? tell : "nobody");
    },
  };

  function hear(received: ReceivedContent, session: string): void {
    switch (received.kind) {
      case "ring":
        // The caller may have come back on another session, or missed that this end accepts.
        line.peerSession = session;
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

export type Ring = ReturnType<typeof createRing>;
