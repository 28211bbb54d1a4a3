import type { Unsubscribe } from "../base/emitter.js";
import type { Signal } from "../base/envelope.js";
import { SignalBrokerError } from "../base/errors.js";
import type { Call } from "./call.js";
import { readCallContent } from "./content.js";
import type { IncomingCall } from "./incoming.js";
import type { Tell } from "./line.js";
import type { CallOptions } from "./options.js";
import { expectWebRtc, joinNewCall } from "./preparing.js";
import { joinRing, ringHere, ringThere } from "./ringing.js";
import { createSwitchboard, type CallsParts } from "./switchboard.js";

type OnCall = (incoming: IncomingCall) => void | Promise<unknown>;

/** All calls of a client. */
export function createCalls(parts: CallsParts) {
  const board = createSwitchboard(parts);
  const { incoming, outgoing, rings, talks, over } = board;

  return {
    get current(): readonly Call[] {
      return [...talks.values()].map(({ live }) => live.call);
    },
    onCall: (handler: OnCall): Unsubscribe => incoming.on((call) => void quietly(handler, call)),
    async call(userId: string, options: CallOptions = {}): Promise<Call> {
      expectWebRtc();
      if (options.signal?.aborted) {
        throw new SignalBrokerError("aborted", "The application gave up calling.");
      }
      const known = joinRing(board, userId, options) ?? joinNewCall(board, userId, options);
      return known ?? ringThere(board, userId, options);
    },
    receive({ content, from, fromSession, sequence }: Signal): void {
      const received = readCallContent(content);
      // A signal that was stored says nothing about now.
      if (!received || sequence !== undefined || from === undefined || fromSession === undefined) {
        return;
      }
      const { call } = received;
      const party = talks.get(call) ?? outgoing.get(call) ?? rings.get(call);
      const receive = party?.receive ?? over.get(call);
      if (receive) {
        receive(received, from, fromSession);
      } else if (received.kind === "ring") {
        ringHere(board, received, from, fromSession);
      }
    },
    /** The client listens, on a new session. */
    listening(): void {
      outgoing.forEach((ringing) => ringing.listening());
      rings.forEach((ring) => ring.listening());
      talks.forEach(({ live }) => live.listening());
    },
    networkChanged: (): void => talks.forEach(({ live }) => live.restart()),
    /** Fulfilled when the peers have been told. */
    hangUpAll: (tell: Tell): Promise<unknown> =>
      endAll(new SignalBrokerError("aborted", "The client was closed."), tell),
    close: (error: SignalBrokerError): void => void endAll(error, "nobody"),
  };

  function endAll(error: SignalBrokerError, tell: Tell): Promise<unknown> {
    return Promise.all([
      ...[...outgoing.values()].map((ringing) => ringing.close(error, tell)),
      ...[...rings.values()].filter((ring) => tell === "nobody" || ring.isAccepting()).map((ring) => ring.close(tell)),
      ...[...talks.values()].map(({ live }) => live.end({ reason: "closed" }, tell)),
    ]);
  }
}

export type Calls = ReturnType<typeof createCalls>;

/** Runs a handler; a call that has ended meanwhile is no failure of it. */
async function quietly(handler: OnCall, call: IncomingCall): Promise<void> {
  try {
    await handler(call);
  } catch (error) {
    if (!(error instanceof SignalBrokerError)) {
      throw error;
    }
  }
}
