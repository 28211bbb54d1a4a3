import { asSignalBrokerError, SignalBrokerError } from "../base/errors.js";
import { createAnswer } from "./answer.js";
import type { Call } from "./call.js";
import type { ReceivedContent, RingStop } from "./content.js";
import { createLine, finish, type CallParts, type Tell } from "./line.js";
import type { Begin, LiveCall } from "./liveCall.js";
import type { CallOptions } from "./options.js";
import { createRinger } from "./ringer.js";

export interface OutgoingParts {
  parts: CallParts;
  call: string;
  to: string;
  options: CallOptions;
  /** Prepares the connection, so that the call can begin as soon as somebody accepts. */
  prepare(): Promise<Begin>;
  /** The callee's own call, which gave way to this one. */
  onReplaced(call: string): void;
  /** It no longer rings. */
  onEnded(): void;
}

/** A call that rings at the other user's devices. */
export function createOutgoing({ parts, call, to, options, prepare, onReplaced, onEnded }: OutgoingParts) {
  const ringer = createRinger(parts, call, to, options, () => fail(new SignalBrokerError("busy", `${to} is busy.`)));
  // A caller who may not see the callee's sessions can't know whether all are busy, only that nobody else answered.
  const answer = createAnswer(to, options, () => stop("cancelled"), () => ringer.seemsBusy);
  let begin: Begin | undefined;
  let isOver = false;
  prepare()
    .then((ready) => {
      if (!isOver) {
        begin = ready;
        return ringer.start();
      }
    })
    .catch((error: unknown) => fail(asSignalBrokerError(error, "no-webrtc")));

  return {
    call,
    to,
    options,
    /** The call, once it is answered. */
    answered: answer.promise,
    receive(content: ReceivedContent, from: string, fromSession: string): void {
      if (isOver || from !== to) {
        return;
      }
      if (content.kind === "accept" && begin) {
        accept(begin, content, fromSession);
      } else if (content.kind === "decline") {
        void fail(new SignalBrokerError("declined", `${to} declined.`), "declined");
      } else if (content.kind === "busy") {
        ringer.busy(fromSession);
      }
    },
    /** This end listens on a new session, which the callee must learn. */
    listening(): void {
      if (begin) {
        ringer.ringAt(to);
      }
    },
    /** Rings at one session, which may have missed it. */
    ringAt: (session: string): void => ringer.ringAt({ session }),
    /** Both called each other: the other's call takes the place of this one, and giving up refuses that. */
    giveWayTo(other: Promise<Call>, refuse: () => void): void {
      void stop("cancelled");
      answer.follow(other, refuse);
    },
    /** Fulfilled when the devices have been told. */
    close: (error: SignalBrokerError, tell: Tell): Promise<void> => fail(error, "cancelled", tell),
  };

  function accept(ready: Begin, { secret, replaces }: ReceivedContent & { kind: "accept" }, peerSession: string): void {
    let live: LiveCall;
    try {
      live = ready(createLine(parts, { call, role: "caller", peer: to, peerSession, secret }));
    } catch (error) {
      void fail(asSignalBrokerError(error, "no-webrtc"), "cancelled");
      return;
    }
    if (replaces !== undefined) {
      onReplaced(replaces);
    }
    void stop("answered-elsewhere", ringer.mayRingBeside(peerSession) ? "peer" : "nobody", peerSession);
    answer.resolve(live.call);
  }

  async function fail(error: SignalBrokerError, reason?: RingStop, tell?: Tell): Promise<void> {
    if (!isOver) {
      answer.reject(error);
      await stop(reason, tell);
    }
  }

  /** Stops ringing, and tells the devices why unless there is no need. */
  async function stop(reason?: RingStop, tell: Tell = "peer", by?: string): Promise<void> {
    isOver = true;
    ringer.stop();
    onEnded();
    await finish(parts, to, { call, kind: "stop", reason, by }, reason ? tell : "nobody");
  }
}

export type Outgoing = ReturnType<typeof createOutgoing>;
