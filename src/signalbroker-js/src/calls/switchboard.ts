import { createEmitter } from "../base/emitter.js";
import { keepNewest } from "../base/newest.js";
import type { CallContent, Receive } from "./content.js";
import type { IncomingCall, Ring } from "./incoming.js";
import { reach, type CallParts } from "./line.js";
import type { LiveCall } from "./liveCall.js";
import type { CallsOptions } from "./options.js";
import type { Outgoing } from "./outgoing.js";

/** What all calls of a client need of it. */
export interface CallsParts extends CallParts {
  iceServers(): Promise<RTCIceServer[]>;
  options: CallsOptions;
}

/** A call that has begun. */
export interface Talk {
  live: LiveCall;
  /** When it began here, on the page's clock. */
  since: number;
  receive: Receive;
}

const remembered = 100;

/** All calls of a client, by their ids. */
export function createSwitchboard(parts: CallsParts) {
  const over = new Map<string, Receive>();
  return {
    parts,
    /** Reports each call that rings here. */
    incoming: createEmitter<IncomingCall>(),
    outgoing: new Map<string, Outgoing>(),
    rings: new Map<string, Ring>(),
    talks: new Map<string, Talk>(),
    /** The calls that are over: each answers whoever does not know it yet. */
    over: over as ReadonlyMap<string, Receive>,
    /** The call is over. */
    forget(call: string, receive: Receive = () => undefined): void {
      over.set(call, receive);
      keepNewest(over, remembered);
    },
    /** Tells a session something about a call that it has no part in. */
    tell: (call: string, session: string, content: CallContent): void =>
      void reach(parts, { session }, { call, ...content }),
  };
}

export type Switchboard = ReturnType<typeof createSwitchboard>;
