import { createEmitter, type Unsubscribe } from "../base/emitter.js";
import type { Signal } from "../base/envelope.js";
import { SignalBrokerError } from "../base/errors.js";
import { randomToken } from "../base/random.js";
import type { Call } from "./call.js";
import { readCallContent, type CallContent, type ReceivedContent } from "./content.js";
import { createRing, type IncomingCall, type Late, type Ring } from "./incoming.js";
import { createLine, reach, type CallParts, type Line, type LineEnds } from "./line.js";
import { createCall, type LiveCall } from "./liveCall.js";
import type { CallMedia, CallOptions, CallsOptions } from "./options.js";
import { createOutgoing, type Outgoing } from "./outgoing.js";
import { createWaiting } from "./waiting.js";

/** All calls of a client. */
export interface Calls {
  readonly current: readonly Call[];
  onCall(handler: (incoming: IncomingCall) => void | Promise<unknown>): Unsubscribe;
  call(userId: string, options?: CallOptions): Promise<Call>;
  receive(signal: Signal): void;
  /** The client listens, on a new session. */
  listening(): void;
  networkChanged(): void;
  /** Fulfilled when the peers were told; `last` when the page is being left. */
  hangUpAll(tell: "peer" | "last"): Promise<void>;
  close(error: SignalBrokerError): void;
}

export interface CallsParts extends CallParts {
  iceServers(): Promise<RTCIceServer[]>;
  options: CallsOptions;
}

interface Talk {
  line: Line;
  live: LiveCall;
  /** When it began here, on the page's clock. */
  since: number;
}

const usualPatienceMs = 60_000;
const remembered = 100;

/** More calls of one user ring here only when earlier ones have ended: nobody may fill this end's memory. */
const ringsOfOne = 4;

/** So long after a call has begun here, whoever calls its caller still means this very call. */
const sameCallMs = 2000;

export function createCalls(parts: CallsParts): Calls {
  const incoming = createEmitter<IncomingCall>();
  const outgoing = new Map<string, Outgoing>();
  const rings = new Map<string, Ring>();
  const talks = new Map<string, Talk>();
  /** Calls that are over, and what to tell whoever does not know it yet. */
  const over = new Map<string, Late>();

  return {
    get current() {
      return [...talks.values()].map(({ live }) => live.call);
    },
    onCall: (handler) => incoming.on((call) => void quietly(handler, call)),
    call,
    receive,
    listening() {
      outgoing.forEach((ringing) => ringing.listening());
      rings.forEach((ring) => ring.listening());
      talks.forEach(({ live }) => live.listening());
    },
    networkChanged: () => talks.forEach(({ live }) => live.restart()),
    async hangUpAll(tell) {
      const error = new SignalBrokerError("aborted", "The client was closed.");
      await Promise.all([
        ...[...outgoing.values()].map((ringing) => ringing.close(error, tell)),
        ...[...rings.values()].filter((ring) => ring.isAccepting).map((ring) => ring.close(tell)),
        ...[...talks.values()].map(({ live }) => live.end({ reason: "closed" }, tell)),
      ]);
    },
    close(error) {
      outgoing.forEach((ringing) => void ringing.close(error, "nobody"));
      rings.forEach((ring) => void ring.close("nobody"));
      talks.forEach(({ live }) => void live.end({ reason: "closed" }, "nobody"));
    },
  };

  async function call(userId: string, options: CallOptions = {}): Promise<Call> {
    expectWebRtc();
    if (options.signal?.aborted) {
      throw new SignalBrokerError("aborted", "The application gave up calling.");
    }
    const joined = join(userId, options);
    if (joined) {
      return joined;
    }
    const id = randomToken();
    const ringing = createOutgoing({
      parts,
      call: id,
      to: userId,
      options,
      prepare: () => prepare(options),
      onReplaced: (replaced) => forget(replaced),
      onEnded() {
        outgoing.delete(id);
        forget(id, ({ kind }, _, session) => {
          if (kind === "accept") {
            answer(id, session, { kind: "stop", reason: "cancelled" });
          }
        });
      },
    });
    outgoing.set(id, ringing);
    return ringing.answered;
  }

  /** Whom one calls while being called by them, one answers. */
  function join(userId: string, options: CallOptions): Promise<Call> | undefined {
    for (const ring of rings.values()) {
      if (ring.incoming.from === userId) {
        const waiting = createWaiting(userId, options);
        waiting.follow(ring.accept(options), ring.incoming.decline);
        return waiting.answered;
      }
    }
    for (const { live, since } of talks.values()) {
      const { call: talk } = live;
      const isNew = talk.state.name === "connecting" || performance.now() - since < sameCallMs;
      if (talk.peer === userId && talk.role === "callee" && isNew) {
        if (options.media && talk.connection.getSenders().every(({ track }) => track === null)) {
          talk.addMedia(options.media);
        }
        return Promise.resolve(talk);
      }
    }
    return undefined;
  }

  function receive({ content, from, fromSession, sequence }: Signal): void {
    const received = readCallContent(content);
    // What was stored for who is away says nothing of now.
    if (!received || sequence !== undefined || from === undefined || fromSession === undefined) {
      return;
    }
    const id = received.call;
    const talk = talks.get(id);
    const party = outgoing.get(id) ?? rings.get(id);
    if (talk) {
      if (talk.line.accepts(received, from, fromSession)) {
        talk.live.receive(received);
      } else if (received.kind === "accept" && from === talk.line.peer) {
        answer(id, fromSession, { kind: "stop", reason: "answered-elsewhere", by: talk.line.peerSession });
      }
    } else if (party) {
      party.receive(received, from, fromSession);
    } else if (over.has(id)) {
      over.get(id)?.(received, from, fromSession);
    } else if (received.kind === "ring") {
      ring(received, from, fromSession);
    }
  }

  function ring(content: ReceivedContent & { kind: "ring" }, from: string, fromSession: string): void {
    const id = content.call;
    const own = [...outgoing.values()].filter(({ to }) => to === from);
    // Both ends see both calls, and both keep the one with the lower id.
    const winner = own.find((ringing) => ringing.call < id);
    if (winner) {
      winner.ringAt(fromSession);
      return;
    }
    const loser = own[0];
    if (!loser && incoming.size === 0) {
      return;
    }
    const isFull = talks.size + rings.size >= (parts.options.atOnce ?? Infinity);
    if (!loser && isFull) {
      answer(id, fromSession, { kind: "busy" });
      return;
    }
    const theirs = [...rings.values()].filter((other) => other.incoming.from === from);
    if (!loser && theirs.length >= ringsOfOne) {
      return;
    }

    const created: Ring = createRing({
      parts,
      call: id,
      from,
      fromSession,
      content,
      prepare: (options) => prepare(options, content),
      onEnded(how, late) {
        rings.delete(id);
        // Who was only silent may ring here again.
        if (how !== "silent" && !talks.has(id)) {
          forget(id, late);
        }
      },
    });
    rings.set(id, created);
    if (loser) {
      loser.giveWayTo(created.accept(loser.options, loser.call), created.incoming.decline);
    } else {
      incoming.emit(created.incoming);
    }
  }

  async function prepare(
    options: CallMedia,
    rung?: ReceivedContent & { kind: "ring" },
  ): Promise<(ends: LineEnds) => LiveCall> {
    expectWebRtc();
    const configuration = async (): Promise<RTCConfiguration> => ({
      iceServers: await parts.iceServers(),
      ...parts.options.configuration,
      ...options.configuration,
    });
    const first = await configuration();
    return (ends) => {
      const line = createLine(parts, ends);
      const live = createCall({
        line,
        role: ends.role,
        info: rung ? rung.info : (options as CallOptions).info,
        media: options,
        otherChannels: rung?.channels ?? [],
        patienceMs: parts.options.patience ?? usualPatienceMs,
        createConnection: () => new RTCPeerConnection(first),
        configuration,
        onEnded() {
          talks.delete(ends.call);
          forget(ends.call, (content, from, session) => {
            if ((content.kind === "negotiate" || content.kind === "resume") && line.accepts(content, from, session)) {
              void line.toSession({ kind: "end", reason: "hung-up" });
            }
          });
        },
      });
      talks.set(ends.call, { line, live, since: performance.now() });
      return live;
    };
  }

  function answer(id: string, session: string, content: CallContent): void {
    void reach(parts, { session }, { call: id, ...content });
  }

  function forget(id: string, afterwards: Late = () => undefined): void {
    over.set(id, afterwards);
    if (over.size > remembered) {
      for (const oldest of over.keys()) {
        over.delete(oldest);
        break;
      }
    }
  }
}

function expectWebRtc(): void {
  if (!globalThis.RTCPeerConnection) {
    throw new SignalBrokerError("no-webrtc", "There is no RTCPeerConnection here.");
  }
}

/** That a call has ended meanwhile is no failure of whoever handles it. */
async function quietly(handler: (call: IncomingCall) => unknown, call: IncomingCall): Promise<void> {
  try {
    await handler(call);
  } catch (error) {
    if (!(error instanceof SignalBrokerError)) {
      throw error;
    }
  }
}
