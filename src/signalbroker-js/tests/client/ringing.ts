import { afterEach, beforeEach, expect, vi } from "vitest";
import { SignalBrokerError } from "../../src/base/errors";
import { readCallContent, type Receive, type ReceivedContent } from "../../src/calls/content";
import { createRing, type Ring } from "../../src/calls/incoming";
import type { Line, LineEnds } from "../../src/calls/line";
import type { LiveCall } from "../../src/calls/liveCall";
import type { CallOptions } from "../../src/calls/options";
import { createOutgoing, type Outgoing } from "../../src/calls/outgoing";
import type { Addressee, Sent } from "../../src/sending/signal";

interface Sending {
  to: Addressee;
  content: Record<string, unknown>;
}

/** What an end of a call that rings does, and what surrounds it. */
export const world = {
  sent: [] as Sending[],
  /** What was sent as the last thing. */
  last: [] as Sending[],
  /** The sessions that take what is sent to the other user. */
  sessions: [] as string[],
  /** Whether this end may not see them. */
  isHidden: false,
  ownName: "s.me",
  /** The calls that have begun. */
  begun: [] as LineEnds[],
  late: (() => undefined) as Receive,
};

const parts = {
  send: (to: Addressee, content: unknown): Promise<Pick<Sent, "sessions"> & Partial<Sent>> => {
    world.sent.push({ to, content: content as Record<string, unknown> });
    if (world.isHidden) {
      return Promise.resolve({ accepted: true, sessions: [] });
    }
    return world.sessions.length === 0
      ? Promise.reject(new SignalBrokerError("user-not-listening", "", { status: 404 }))
      : Promise.resolve({ sessions: world.sessions.map((listeningKey) => ({ listeningKey, outcome: "queued" })) });
  },
  sendLast: (to: Addressee, content: unknown) =>
    void world.last.push({ to, content: content as Record<string, unknown> }),
  self: () => world.ownName,
};

function begin({ call, peer, peerSession, role, secret }: Line): LiveCall {
  world.begun.push({ call, peer, peerSession, role, secret });
  return { call: { id: call }, receive: () => undefined } as unknown as LiveCall;
}

export function beginNothing(): LiveCall {
  throw new DOMException("Cannot create so many PeerConnections", "UnknownError");
}

export function received(content: object): ReceivedContent {
  return readCallContent({ call: "id", ...content }) ?? expect.fail();
}

export const kinds = (): unknown[] => world.sent.map(({ content }) => content["kind"]);

/** The code with which a promise is rejected. */
export function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => "fine",
    (error: SignalBrokerError) => error.code,
  );
}

export function call(options: CallOptions = {}, prepared = begin): Outgoing {
  return createOutgoing({
    parts,
    call: "id",
    to: "bob",
    options,
    prepare: () => Promise.resolve(prepared),
    onReplaced: () => undefined,
    onEnded: () => undefined,
  });
}

export function ring(prepared = begin): Ring {
  return createRing({
    parts,
    call: "id",
    from: "alice",
    fromSession: "s.a1",
    content: received({ kind: "ring" }) as ReceivedContent & { kind: "ring" },
    prepare: () => Promise.resolve(prepared),
    onEnded: (_, answer) => (world.late = answer),
  });
}

/** Gives each test of a file fake timers, and a user who listens on two devices. */
export function useRinging(): void {
  beforeEach(() => {
    vi.useFakeTimers();
    const sessions = ["s.b1", "s.b2"];
    Object.assign(world, { sent: [], last: [], sessions, isHidden: false, ownName: "s.me", begun: [] });
  });

  afterEach(() => {
    vi.useRealTimers();
  });
}
