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

/** Takes the signals of a call. */
interface Party {
  receive: Receive;
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
    /** Reports each call that rings here. */
    incoming: createEmitter<IncomingCall>(),
    outgoing: new Map<string, Outgoing>(),
    rings: new Map<string, Ring>(),
    talks: new Map<string, Talk>(),
    /** The calls that are over, and what answers whoever does not know it yet. */
    over: over as ReadonlyMap<string, Party>,
    /** The call is over. */
    forget(call: string, receive: Receive = () => undefined): void {
      over.set(call, { receive });
      keepNewest(over, remembered);
    },
    /** Tells a session something about a call that it has no part in. */
    tell: (call: string, session: string, content: CallContent): void =>
      void reach(parts, { session }, { call, ...content }),
  };
}

export type Switchboard = ReturnType<typeof createSwitchboard>;
