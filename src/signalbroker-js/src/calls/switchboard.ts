import { createEmitter } from "../base/emitter.js";
import { keepNewest } from "../base/newest.js";
import type { CallContent } from "./content.js";
import type { IncomingCall, Late, Ring } from "./incoming.js";
import { reach, type CallParts } from "./line.js";
import type { LiveCall } from "./liveCall.js";
import type { CallsOptions } from "./options.js";
import type { Outgoing } from "./outgoing.js";

/** What all calls of a client need of it. */
export interface CallsParts extends CallParts {
  iceServers(): Promise<RTCIceServer[]>;
  options: CallsOptions;
}

/** Whoever has to do with a call, or had. */
interface Party {
  receive: Late;
}

/** A call that has begun. */
export interface Talk extends Party {
  live: LiveCall;
  /** When it began here, on the page's clock. */
  since: number;
}

const remembered = 100;

/** All calls of a client, by their ids. */
export function createSwitchboard(parts: CallsParts) {
  const over = new Map<string, Party>();
  return {
    parts,
    /** Hears of each call that rings here. */
    incoming: createEmitter<IncomingCall>(),
    outgoing: new Map<string, Outgoing>(),
    rings: new Map<string, Ring>(),
    talks: new Map<string, Talk>(),
    /** Calls that are over, which whoever does not know it yet is told. */
    over: over as ReadonlyMap<string, Party>,
    /** The call is over. */
    forget(call: string, receive: Late = () => undefined): void {
      over.set(call, { receive });
      keepNewest(over, remembered);
    },
    /** Tells a session something about a call that it has no part in. */
    tell: (call: string, session: string, content: CallContent): void =>
      void reach(parts, { session }, { call, ...content }),
  };
}

export type Switchboard = ReturnType<typeof createSwitchboard>;
