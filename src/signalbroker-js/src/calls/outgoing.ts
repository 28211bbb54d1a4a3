import { asSignalBrokerError, SignalBrokerError } from "../base/errors.js";
import type { Addressee } from "../sending/signal.js";
import type { Call } from "./call.js";
import { channelsOf } from "./channels.js";
import type { CallContent, ReceivedContent, RingStop } from "./content.js";
import { reach, type CallParts, type LineEnds } from "./line.js";
import type { LiveCall } from "./liveCall.js";
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
  prepare(): Promise<(ends: LineEnds) => LiveCall>;
  /** The call of the callee's that gave way to this one. */
  onReplaced(call: string): void;
  /** It rings no more. */
  onEnded(): void;
}

/** Ringing is repeated for devices that were reconnecting, or have just come. */
const ringAgainMs = 5000;

export function createOutgoing({ parts, call, to, options, prepare, onReplaced, onEnded }: OutgoingParts): Outgoing {
  const waiting = createWaiting(
    to,
    options,
    () => void stop("cancelled"),
    // Whoever may not see the callee's sessions can't know whether all of them are busy, only that nobody else answered.
    () => rung.length === 0 && busy.size > 0,
  );
  /** The sessions at which it rings, and those of them that can't take it. */
  let rung: string[] = [];
  const busy = new Set<string>();
  let begin: ((ends: LineEnds) => LiveCall) | undefined;
  let isOver = false;
  let again: ReturnType<typeof setTimeout> | undefined;
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
      switch (content.kind) {
        case "accept":
          if (begin) {
            accept(begin, content, fromSession);
          }
          break;
        case "decline":
          void fail(new SignalBrokerError("declined", `${to} declined.`), "declined");
          break;
        case "busy":
          busy.add(fromSession);
          checkBusy();
          break;
      }
    },
    listening() {
      if (begin) {
        void ring(to);
      }
    },
    ringAt: (session) => void ring({ session }),
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
        await ring(to, true);
      }
    } catch (error) {
      void fail(asSignalBrokerError(error, "no-webrtc"));
    }
  }

  async function ring(addressee: Addressee, isFirst = false): Promise<void> {
    clearTimeout(again);
    try {
      const { sessions } = await parts.send(addressee, { call, ...ringing() });
      if (addressee === to) {
        rung = sessions.filter(({ outcome }) => outcome !== "notListening").map(({ listeningKey }) => listeningKey);
        if (isFirst && rung.length > 0 && others().length === 0) {
          throw new SignalBrokerError("no-other-device", "You called yourself, and no other device of yours listens.");
        }
        checkBusy();
      }
    } catch (error) {
      if (isFirst) {
        throw error;
      }
      // It has rung somewhere, and that device may be on its way back.
    }
    if (!isOver) {
      clearTimeout(again);
      again = setTimeout(() => void ring(to), ringAgainMs);
    }
  }

  function ringing(): CallContent {
    const has = (kind: string): boolean => options.media?.getTracks().some((track) => track.kind === kind) ?? false;
    return {
      kind: "ring",
      info: options.info,
      media: { audio: has("audio"), video: has("video") },
      channels: channelsOf(options, "caller"),
    };
  }

  function accept(
    ready: (ends: LineEnds) => LiveCall,
    { secret, replaces }: ReceivedContent & { kind: "accept" },
    fromSession: string,
  ): void {
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

  function checkBusy(): void {
    if (!isOver && others().length > 0 && others().every((session) => busy.has(session))) {
      void fail(new SignalBrokerError("busy", `${to} is busy.`));
    }
  }

  /** Who calls oneself rings at one's other devices. */
  function others(): string[] {
    return rung.filter((session) => session !== parts.self().listeningKey);
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
    clearTimeout(again);
    onEnded();
    const content = { call, kind: "stop", reason, by };
    if (reason && tell === "last") {
      parts.sendLast(to, content);
    } else if (reason && tell === "peer") {
      await reach(parts, to, content);
    }
  }
}
