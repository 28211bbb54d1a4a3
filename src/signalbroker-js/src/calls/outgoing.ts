import { asSignalBrokerError, SignalBrokerError } from "../base/errors.js";
import { createBell } from "./bell.js";
import type { Call } from "./call.js";
import type { ReceivedContent, RingStop } from "./content.js";
import { reach, type CallParts } from "./line.js";
import type { Begin, LiveCall } from "./liveCall.js";
import type { CallOptions } from "./options.js";
import { createWaiting } from "./waiting.js";

/** A call that rings at the other user's devices. */
export interface Outgoing {
  readonly call: string;
  readonly to: string;
  readonly options: CallOptions;
  /** The call, once it is answered. */
  readonly answered: Promise<Call>;
  receive(content: ReceivedContent, from: string, fromSession: string): void;
  /** This end listens on a new session, which the callee must hear of. */
  listening(): void;
  /** Rings at one session, which may not have heard it. */
  ringAt(session: string): void;
  /** Both called each other: the other's call takes the place of this one; who gives up refuses it. */
  giveWayTo(other: Promise<Call>, refuse: () => void): void;
  /** Fulfilled when the devices were told; `last` when the page is being left. */
  close(error: SignalBrokerError, tell: Tell): Promise<void>;
}

/** Who hears that a call is over, and how. */
export type Tell = "peer" | "last" | "nobody";

export interface OutgoingParts {
  parts: CallParts;
  call: string;
  to: string;
  options: CallOptions;
  /** Prepares the connection, so that the call can begin as soon as somebody accepts. */
  prepare(): Promise<Begin>;
  /** The call of the callee's that gave way to this one. */
  onReplaced(call: string): void;
  /** It rings no more. */
  onEnded(): void;
}

export function createOutgoing({ parts, call, to, options, prepare, onReplaced, onEnded }: OutgoingParts): Outgoing {
  const bell = createBell(parts, call, to, options, () => void fail(new SignalBrokerError("busy", `${to} is busy.`)));
  const waiting = createWaiting(
    to,
    options,
    () => void stop("cancelled"),
    // Whoever may not see the callee's sessions can't know whether all of them are busy, only that nobody else answered.
    () => bell.seemsBusy,
  );
  let begin: Begin | undefined;
  let isOver = false;
  void start();

  return {
    call,
    to,
    options,
    answered: waiting.answered,
    receive(content, from, fromSession) {
      if (isOver || from !== to) {
        return;
      }
      if (content.kind === "accept" && begin) {
        accept(begin, content, fromSession);
      } else if (content.kind === "decline") {
        void fail(new SignalBrokerError("declined", `${to} declined.`), "declined");
      } else if (content.kind === "busy") {
        bell.busy(fromSession);
      }
    },
    listening() {
      if (begin) {
        bell.ringAt(to);
      }
    },
    ringAt: (session) => bell.ringAt({ session }),
    giveWayTo(other, refuse) {
      void stop("cancelled");
      waiting.follow(other, refuse);
    },
    close: (error, tell) => fail(error, "cancelled", tell),
  };

  async function start(): Promise<void> {
    try {
      const ready = await prepare();
      if (!isOver) {
        begin = ready;
        await bell.start();
      }
    } catch (error) {
      void fail(asSignalBrokerError(error, "no-webrtc"));
    }
  }

  function accept(ready: Begin, { secret, replaces }: ReceivedContent & { kind: "accept" }, fromSession: string): void {
    let live: LiveCall;
    try {
      live = ready({ call, peer: to, peerSession: fromSession, role: "caller", secret });
    } catch (error) {
      void fail(asSignalBrokerError(error, "no-webrtc"), "cancelled");
      return;
    }
    if (replaces !== undefined) {
      onReplaced(replaces);
    }
    void stop("answered-elsewhere", "peer", fromSession);
    waiting.resolve(live.call);
  }

  async function fail(error: SignalBrokerError, reason?: RingStop, tell: Tell = "peer"): Promise<void> {
    if (!isOver) {
      waiting.reject(error);
      await stop(reason, tell);
    }
  }

  /** Rings no more, and tells the devices why unless there is no need. */
  async function stop(reason?: RingStop, tell: Tell = "peer", by?: string): Promise<void> {
    isOver = true;
    bell.stop();
    onEnded();
    const content = { call, kind: "stop", reason, by };
    if (reason && tell === "last") {
      parts.sendLast(to, content);
    } else if (reason && tell === "peer") {
      await reach(parts, to, content);
    }
  }
}
