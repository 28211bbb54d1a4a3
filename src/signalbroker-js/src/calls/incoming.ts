import { SignalBrokerError } from "../errors.js";
import { randomToken } from "../random.js";
import { deferred, type Call, type LiveCall } from "./call.js";
import type { CallContent, ReceivedContent, RingMedia, RingStop } from "./content.js";
import { reach, type CallParts, type LineEnds } from "./line.js";
import type { CallMedia } from "./options.js";
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
  close(): void;
}

export interface RingParts {
  parts: CallParts;
  call: string;
  from: string;
  fromSession: string;
  content: ReceivedContent & { kind: "ring" };
  /** Prepares the connection, so that the call can begin as soon as the caller says its first word. */
  prepare(options: CallMedia): Promise<(ends: LineEnds) => LiveCall>;
  /** It is over, or has become a call; `answer` is what the caller hears if it rings again. */
  onEnded(how: RingEnd | "silent", answer?: CallContent): void;
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
      busy: () => refuse("busy", { kind: "busy" }),
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
            const live = begin({ call, peer: from, peerSession: session, role: "callee", secret });
            finish("accepted");
            accepted.resolve(live.call);
            live.receive(received);
          }
          break;
      }
    },
    listening() {
      if (begin) {
        // The caller has heard that this end accepts, or has not, and may have come back itself.
        sayAccept();
        const proof = proofOf(secret, call, "callee", parts.self().listeningKey);
        void reach(parts, from, { call, proof, kind: "resume" });
      }
    },
    close() {
      stop("closed");
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
        refuse("busy", { kind: "busy" });
        throw error;
      }
      if (isAccepting()) {
        clearTimeout(patience);
        patience = setTimeout(() => stop("cancelled", "peer-gone"), confirmWithinMs);
        sayAccept();
      }
    }
    return accepted.promise;
  }

  function isCaller({ proof }: ReceivedContent, session: string): boolean {
    return session === fromSession || proof === proofOf(secret, call, "caller", session);
  }

  function isAccepting(): boolean {
    return stage === "accepting";
  }

  function sayAccept(): void {
    const { listeningKey } = parts.self();
    acceptedAs.add(listeningKey);
    void say({ kind: "accept", secret, replaces: replaced }, proofOf(secret, call, "callee", listeningKey));
  }

  function refuse(how: "declined" | "busy", answer: CallContent): void {
    if (stage !== "over") {
      finish(how, answer);
      accepted.reject(new SignalBrokerError(how, "It was refused here."));
      void say(answer);
    }
  }

  function say(answer: CallContent, proof?: string): Promise<unknown> {
    return reach(parts, { session: fromSession }, { call, proof, ...answer });
  }

  function stop(reason: RingStop | "closed" | "silent", code: string = reason): void {
    if (stage !== "over") {
      finish(reason);
      accepted.reject(new SignalBrokerError(code, sentences[reason]));
    }
  }

  function silent(): void {
    stop("silent", "cancelled");
  }

  function finish(how: RingEnd | "silent", answer?: CallContent): void {
    stage = "over";
    clearTimeout(patience);
    onEnded(how, answer);
    ended.resolve(how === "silent" ? "cancelled" : how);
  }
}

const sentences = {
  cancelled: "The caller gave up.",
  silent: "The caller fell silent.",
  "answered-elsewhere": "Another device of the user answered.",
  declined: "Another device of the user declined.",
  closed: "The client was closed.",
};
