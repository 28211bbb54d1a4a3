import { createEmitter } from "../base/emitter.js";
import { SignalBrokerError } from "../base/errors.js";
import type { Call, CallEnd } from "./call.js";
import type { ReceivedContent } from "./content.js";
import type { Line, Tell } from "./line.js";
import type { CallMedia } from "./options.js";
import { createPeering } from "./peering.js";
import { createStatus } from "./status.js";
import { addMedia } from "./tracks.js";

/** Begins a call for which everything is prepared. */
export type Begin = (line: Line) => LiveCall;

export interface LiveCallParts {
  line: Line;
  info: unknown;
  media: CallMedia;
  /** Labels of channels that the other end opens anyway. */
  otherChannels: readonly string[];
  /** How long there may be no connection, in milliseconds. */
  patienceMs: number;
  createConnection(): RTCPeerConnection;
  /** The configuration with ICE servers whose credentials are valid now. */
  configuration(): Promise<RTCConfiguration>;
  onEnded(): void;
}

/** A call, and what the client does with it. */
export function createCall(parts: LiveCallParts) {
  const { line, info } = parts;
  const refusals = createEmitter<SignalBrokerError>();
  const peering = createPeering(parts, onRefused, lose);
  const { connection, channels, tracks } = peering;
  const status = createStatus(connection, parts, lose);
  const call: Call = {
    id: line.call,
    get peer() {
      return line.peer;
    },
    role: line.role,
    info,
    connection,
    remoteStream: tracks.remoteStream,
    connected: status.connected,
    ended: status.ended,
    get state() {
      return status.state;
    },
    onState: status.onState,
    onTrack: tracks.on,
    onChannel: channels.onChannel,
    onRefused: refusals.on,
    channel: (label = "default") => channels.get(label),
    openChannel: channels.open,
    addMedia: (media) => addMedia(connection, media),
    hangUp: () => void end({ reason: "hung-up" }, "peer"),
  };

  return {
    call,
    receive(content: ReceivedContent): void {
      peering.receive(content);
      const { kind } = content;
      // A callee may change its mind before it has received anything of this call.
      if (kind === "end" || kind === "decline" || kind === "busy") {
        const isLost = kind === "end" && content.reason === "lost";
        void end({ reason: isLost ? "lost" : "peer-hung-up" }, "nobody");
      }
    },
    /** This end listens on a new session. */
    listening: (): void => void line.toUser({ kind: "resume" }),
    /** Looks for another path: this device may have another address. */
    restart: status.restart,
    end,
  };

  function onRefused(error: SignalBrokerError, isAnswer: boolean): void {
    if (status.state.name === "connecting" || isAnswer) {
      void end({ reason: "refused", error }, "peer");
    } else {
      refusals.emit(error);
    }
  }

  function lose(): void {
    void end({ reason: "lost" }, "peer");
  }

  /** Ends it. Fulfilled when the peer has been told, as far as possible. */
  async function end(how: CallEnd, tell: Tell): Promise<void> {
    if (status.state.name === "ended") {
      return;
    }
    const error = how.error ?? new SignalBrokerError("peer-gone", "The call is over.");
    peering.close(error);
    parts.onEnded();
    status.end(how, error);
    const isLost = how.reason === "lost" || how.reason === "refused";
    await line.finish({ kind: "end", reason: isLost ? "lost" : "hung-up" }, tell);
  }
}

export type LiveCall = ReturnType<typeof createCall>;
