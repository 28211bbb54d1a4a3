import { createEmitter } from "../base/emitter.js";
import { SignalBrokerError } from "../base/errors.js";
import type { Call, CallEnd } from "./call.js";
import type { ReceivedContent } from "./content.js";
import type { Line, LineEnds } from "./line.js";
import type { CallMedia } from "./options.js";
import type { Tell } from "./outgoing.js";
import { createPeering } from "./peering.js";
import type { Role } from "./proof.js";
import { createStanding } from "./standing.js";
import { addMedia } from "./tracks.js";

/** A call, and what the client does with it. */
export interface LiveCall {
  readonly call: Call;
  receive(content: ReceivedContent): void;
  /** This end listens on a new session. */
  listening(): void;
  /** Finds another path: this device may have another address. */
  restart(): void;
  /** Ends it; `last` when the page is being left. Fulfilled when the peer was told, as far as possible. */
  end(end: CallEnd, tell: Tell): Promise<void>;
}

/** Begins a call for which everything is prepared. */
export type Begin = (ends: LineEnds) => LiveCall;

export interface LiveCallParts {
  line: Line;
  role: Role;
  info: unknown;
  media: CallMedia;
  /** Labels of channels that the other end opens anyway. */
  otherChannels: readonly string[];
  patienceMs: number;
  createConnection(): RTCPeerConnection;
  /** The configuration with ICE servers that are good now. */
  configuration(): Promise<RTCConfiguration>;
  onEnded(): void;
}

export function createCall(parts: LiveCallParts): LiveCall {
  const { line, role, info } = parts;
  const refusals = createEmitter<SignalBrokerError>();
  const peering = createPeering(parts, onRefused, lose);
  const { connection, channels, tracks, restart } = peering;
  const standing = createStanding(connection, parts.patienceMs, restart, lose);

  return {
    call: {
      id: line.call,
      get peer() {
        return line.peer;
      },
      role,
      info,
      connection,
      remoteStream: tracks.remoteStream,
      connected: standing.connected,
      ended: standing.ended,
      get state() {
        return standing.state;
      },
      onState: standing.onState,
      onTrack: tracks.on,
      onChannel: channels.onChannel,
      onRefused: refusals.on,
      channel: (label = "default") => channels.get(label),
      openChannel: channels.open,
      addMedia: (media) => addMedia(connection, media),
      hangUp: () => void end({ reason: "hung-up" }, "peer"),
    },
    receive(content) {
      peering.receive(content);
      const { kind } = content;
      // A callee may think better of it before it has heard anything of this call.
      if (kind === "end" || kind === "decline" || kind === "busy") {
        const isLost = kind === "end" && content.reason === "lost";
        void end({ reason: isLost ? "lost" : "peer-hung-up" }, "nobody");
      }
    },
    listening: () => void line.toUser({ kind: "resume" }),
    restart,
    end,
  };

  function onRefused(error: SignalBrokerError, isAnswer: boolean): void {
    if (standing.state.name === "connecting" || isAnswer) {
      void end({ reason: "refused", error }, "peer");
    } else {
      refusals.emit(error);
    }
  }

  function lose(): void {
    void end({ reason: "lost" }, "peer");
  }

  async function end(how: CallEnd, tell: Tell): Promise<void> {
    if (standing.state.name === "ended") {
      return;
    }
    const error = how.error ?? new SignalBrokerError("peer-gone", "The call is over.");
    peering.close(error);
    parts.onEnded();
    standing.end(how, error);

    const isLost = how.reason === "lost" || how.reason === "refused";
    const last = { kind: "end", reason: isLost ? "lost" : "hung-up" } as const;
    if (tell === "last") {
      line.last(last);
    } else if (tell === "peer") {
      await line.toSession(last);
    }
  }
}
