import { randomToken } from "../base/random.js";
import { createAnswer } from "./answer.js";
import type { Call } from "./call.js";
import type { ReceivedRing } from "./content.js";
import { createRing, type Ring } from "./incoming.js";
import type { CallOptions } from "./options.js";
import { createOutgoing } from "./outgoing.js";
import { prepareCall } from "./preparing.js";
import type { Switchboard } from "./switchboard.js";

/** How many calls of one user ring here at once: nobody may fill this end's memory. */
const ringsOfOne = 4;

/** Rings at a user's devices; fulfilled with the call that one of them answers. */
export function ringThere(board: Switchboard, to: string, options: CallOptions): Promise<Call> {
  const { parts, outgoing, forget, tell } = board;
  const call = randomToken();
  const ringing = createOutgoing({
    parts,
    call,
    to,
    options,
    prepare: () => prepareCall(board, options),
    onReplaced: (replaced) => forget(replaced),
    onEnded() {
      outgoing.delete(call);
      forget(call, ({ kind }, _, session) => {
        if (kind === "accept") {
          tell(call, session, { kind: "stop", reason: "cancelled" });
        }
      });
    },
  });
  outgoing.set(call, ringing);
  return ringing.answered;
}

/** A user calls: it rings here, unless both call each other. */
export function ringHere(board: Switchboard, content: ReceivedRing, from: string, fromSession: string): void {
  const own = [...board.outgoing.values()].filter(({ to }) => to === from);
  // Both ends see both calls, and both keep the one with the lower id.
  const winner = own.find(({ call }) => call < content.call);
  const loser = own[0];
  if (winner) {
    winner.ringAt(fromSession);
  } else if (loser) {
    const ring = addRing(board, content, from, fromSession);
    loser.giveWayTo(ring.accept(loser.options, loser.call), ring.incoming.decline);
  } else if (mayRing(board, content, from, fromSession)) {
    board.incoming.emit(addRing(board, content, from, fromSession).incoming);
  }
}

function mayRing(board: Switchboard, { call }: ReceivedRing, from: string, fromSession: string): boolean {
  const { parts, incoming, talks, rings, tell } = board;
  const isHeard = incoming.size > 0;
  const isFull = talks.size + rings.size >= (parts.options.atOnce ?? Infinity);
  if (isHeard && isFull) {
    tell(call, fromSession, { kind: "busy" });
  }
  const theirs = [...rings.values()].filter((ring) => ring.incoming.from === from);
  return isHeard && !isFull && theirs.length < ringsOfOne;
}

function addRing(board: Switchboard, content: ReceivedRing, from: string, fromSession: string): Ring {
  const { parts, rings, talks, forget } = board;
  const { call } = content;
  const ring = createRing({
    parts,
    call,
    from,
    fromSession,
    content,
    prepare: (options) => prepareCall(board, options, content),
    onEnded(how, late) {
      rings.delete(call);
      // A caller who was only silent may ring here again.
      if (how !== "silent" && !talks.has(call)) {
        forget(call, late);
      }
    },
  });
  rings.set(call, ring);
  return ring;
}

/** Calling a user whose call rings here answers that call. */
export function joinRing({ rings }: Switchboard, userId: string, options: CallOptions): Promise<Call> | undefined {
  const ring = [...rings.values()].find(({ incoming }) => incoming.from === userId);
  if (!ring) {
    return undefined;
  }
  const answer = createAnswer(userId, options);
  answer.follow(ring.accept(options), ring.incoming.decline);
  return answer.promise;
}
