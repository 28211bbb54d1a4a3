import type { Unsubscribe } from "../base/emitter.js";
import type { Signal } from "../base/envelope.js";
import { SignalBrokerError } from "../base/errors.js";
import type { Call } from "./call.js";
import { readCallContent } from "./content.js";
import type { IncomingCall } from "./incoming.js";
import type { CallOptions } from "./options.js";
import type { Tell } from "./outgoing.js";
import { joinRing, ringHere, ringThere } from "./ringing.js";
import { createSwitchboard, type CallsParts } from "./switchboard.js";
import { expectWebRtc, joinTalk } from "./talks.js";

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

export function createCalls(parts: CallsParts): Calls {
  const board = createSwitchboard(parts);
  const { incoming, outgoing, rings, talks, over } = board;

  return {
    get current() {
      return [...talks.values()].map(({ live }) => live.call);
    },
    onCall: (handler) => incoming.on((call) => void quietly(handler, call)),
    async call(userId, options = {}) {
      expectWebRtc();
      if (options.signal?.aborted) {
        throw new SignalBrokerError("aborted", "The application gave up calling.");
      }
      return joinRing(board, userId, options) ?? joinTalk(board, userId, options) ?? ringThere(board, userId, options);
    },
    receive({ content, from, fromSession, sequence }) {
      const received = readCallContent(content);
      // What was stored for who is away says nothing of now.
      if (!received || sequence !== undefined || from === undefined || fromSession === undefined) {
        return;
      }
      const { call } = received;
      const party = talks.get(call) ?? outgoing.get(call) ?? rings.get(call) ?? over.get(call);
      if (party) {
        party.receive(received, from, fromSession);
      } else if (received.kind === "ring") {
        ringHere(board, received, from, fromSession);
      }
    },
    listening() {
      outgoing.forEach((ringing) => ringing.listening());
      rings.forEach((ring) => ring.listening());
      talks.forEach(({ live }) => live.listening());
    },
    networkChanged: () => talks.forEach(({ live }) => live.restart()),
    async hangUpAll(tell) {
      await endAll(new SignalBrokerError("aborted", "The client was closed."), tell);
    },
    close: (error) => void endAll(error, "nobody"),
  };

  function endAll(error: SignalBrokerError, tell: Tell): Promise<unknown> {
    return Promise.all([
      ...[...outgoing.values()].map((ringing) => ringing.close(error, tell)),
      ...[...rings.values()].filter((ring) => tell === "nobody" || ring.isAccepting).map((ring) => ring.close(tell)),
      ...[...talks.values()].map(({ live }) => live.end({ reason: "closed" }, tell)),
    ]);
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
