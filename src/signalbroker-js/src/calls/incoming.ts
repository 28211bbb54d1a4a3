import { asSignalBrokerError, SignalBrokerError } from "../base/errors.js";
import { randomToken } from "../base/random.js";
import type { Call } from "./call.js";
import type { CallContent, ReceivedContent, RingMedia, RingStop } from "./content.js";
import { deferred } from "../base/deferred.js";
import { reach, type CallParts, type LineEnds, type Reach } from "./line.js";
import type { LiveCall } from "./liveCall.js";
import type { CallMedia } from "./options.js";
import type { Tell } from "./outgoing.js";
import { proofOf } from "./proof.js";

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
  content: ReceivedContent & { kind: "ring" };
  /** Prepares the connection, so that the call can begin as soon as the caller says its first word. */
  prepare(options: CallMedia): Promise<(ends: LineEnds) => LiveCall>;
  /** It is over, or has become a call. */
  onEnded(how: RingEnd | "silent", late: Late): void;
}

/** How long the caller may be silent: it rings every 5 seconds, but may have to reconnect in between. */
const silentMs = 30_000;

/** How long the caller may take to begin after this end has accepted. */
const confirmWithinMs = 45_000;

export function createRing({ parts, call, from, content, prepare, onEnded, ...ring }: RingParts): Ring {
  const ended = deferred<RingEnd>();
  const accepted = deferred<Call>();
  let { fromSession } = ring;
  let secret = "";
  let stage: "ringing" | "accepting" | "over" = "ringing";
  let begin: ((ends: LineEnds) => LiveCall) | undefined;
  /** The sessions that this end has accepted with. */
  const acceptedAs = new Set<string>();
  let replaced: string | undefined;
  let patience = setTimeout(silent, silentMs);

  return {
    incoming: {
      id: call,
      from,
      info: content.info,
      media: content.media,
      channels: content.channels,
      ended: ended.promise,
      accept: (options = {}) => accept(options),
      decline: () => refuse("declined", { kind: "decline" }),
      busy: () => refuse("busy", unavailable),
    },
    accept,
    receive(received, sender, session) {
      if (sender !== from || stage === "over") {
        return;
      }
      switch (received.kind) {
        case "ring":
          // The caller may have come back with another session, or never heard that this end accepts.
          fromSession = session;
          if (begin) {
            sayAccept();
          } else {
            clearTimeout(patience);
            patience = setTimeout(silent, silentMs);
          }
          break;
        case "stop":
          if (received.by === undefined || !acceptedAs.has(received.by)) {
            stop(received.reason);
          }
          break;
        case "end":
          stop("cancelled");
          break;
        case "negotiate":
        case "resume":
        case "resumed":
          if (begin && isCaller(received, session)) {
            take(begin, received, session);
          }
          break;
      }
    },
    listening() {
      if (begin) {
        // The caller has heard that this end accepts, or has not, and may have come back itself.
        sayAccept();
        void reach(parts, from, signed({ kind: "resume" }));
      }
    },
    get isAccepting() {
      return isAccepting();
    },
    async close(tell) {
      const wasAccepting = isAccepting() && begin !== undefined;
      stop("closed");
      if (wasAccepting && tell === "last") {
        parts.sendLast({ session: fromSession }, signed(unavailable));
      } else if (wasAccepting && tell === "peer") {
        await say(unavailable);
      }
    },
  };

  async function accept(options: CallMedia, replaces?: string): Promise<Call> {
    if (stage === "ringing") {
      stage = "accepting";
      replaced = replaces;
      try {
        begin = await prepare(options);
        secret = randomToken();
      } catch (error) {
        fail(asSignalBrokerError(error, "no-webrtc"));
      }
      if (isAccepting()) {
        clearTimeout(patience);
        patience = setTimeout(() => stop("cancelled", "peer-gone"), confirmWithinMs);
        sayAccept();
      }
    }
    return accepted.promise;
  }

  function take(ready: (ends: LineEnds) => LiveCall, received: ReceivedContent, session: string): void {
    fromSession = session;
    let live: LiveCall;
    try {
      live = ready({ call, peer: from, peerSession: session, role: "callee", secret });
    } catch (error) {
      fail(asSignalBrokerError(error, "no-webrtc"));
      return;
    }
    finish("accepted");
    accepted.resolve(live.call);
    live.receive(received);
  }

  function isCaller({ proof }: ReceivedContent, session: string): boolean {
    return session === fromSession || proof === proofOf(secret, call, "caller", session);
  }

  function isAccepting(): boolean {
    return stage === "accepting";
  }

  function sayAccept(): void {
    acceptedAs.add(parts.self().listeningKey);
    void say({ kind: "accept", secret, replaces: replaced }).then((reached) => {
      if (reached instanceof SignalBrokerError && isAccepting()) {
        fail(reached);
      }
    });
  }

  function refuse(how: "declined" | "busy", answer: CallContent, error = refused(how)): void {
    if (stage !== "over") {
      finish(how, answer);
      accepted.reject(error);
      void say(answer);
    }
  }

  /** There is no connection to be had here; another device may do better. */
  function fail(error: SignalBrokerError): void {
    refuse("busy", unavailable, error);
  }

  function say(answer: CallContent): Promise<Reach> {
    return reach(parts, { session: fromSession }, signed(answer));
  }

  function signed(content: CallContent): object {
    const proof = secret === "" ? undefined : proofOf(secret, call, "callee", parts.self().listeningKey);
    return { call, proof, ...content };
  }

  function stop(reason: RingStop | "closed" | "silent", code: string = reason): void {
    if (stage !== "over") {
      finish(reason, code === "peer-gone" || reason === "closed" ? unavailable : undefined);
      accepted.reject(new SignalBrokerError(code, sentences[reason]));
    }
  }

  function silent(): void {
    stop("silent", "cancelled");
  }

  function finish(how: RingEnd | "silent", answer?: CallContent): void {
    stage = "over";
    clearTimeout(patience);
    onEnded(how, (received, sender, session) => {
      if (answer && sender === from) {
        fromSession = session;
        hearLate(received, answer);
      }
    });
    ended.resolve(how === "silent" ? "cancelled" : how);
  }

  function hearLate({ kind }: ReceivedContent, answer: CallContent): void {
    if (kind === "ring") {
      void say(answer);
    } else if (begin && (kind === "negotiate" || kind === "resume")) {
      void say({ kind: "end", reason: "hung-up" });
    }
  }
}

const unavailable: CallContent = { kind: "busy" };

function refused(how: "declined" | "busy"): SignalBrokerError {
  return new SignalBrokerError(how, "It was refused here.");
}

const sentences = {
  cancelled: "The caller gave up.",
  silent: "The caller fell silent.",
  "answered-elsewhere": "Another device of the user answered.",
  declined: "Another device of the user declined.",
  closed: "The client was closed.",
};
