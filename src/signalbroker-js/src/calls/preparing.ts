import { SignalBrokerError } from "../base/errors.js";
import type { Call } from "./call.js";
import type { ReceivedRing } from "./content.js";
import type { Line } from "./line.js";
import { createCall, type Begin } from "./liveCall.js";
import type { CallMedia, CallOptions } from "./options.js";
import type { Switchboard } from "./switchboard.js";

const usualPatienceMs = 60_000;

/** For this long after a call has begun here, a user who calls its caller means this very call. */
const sameCallMs = 2000;

/** @throws SignalBrokerError `no-webrtc` */
export function expectWebRtc(): void {
  if (!globalThis.RTCPeerConnection) {
    throw new SignalBrokerError("no-webrtc", "There is no RTCPeerConnection here.");
  }
}

/** Prepares a connection, so that the call can begin as soon as both ends know each other. */
export async function prepareCall(board: Switchboard, media: CallMedia, rung?: ReceivedRing): Promise<Begin> {
  expectWebRtc();
  const { parts, talks, tell } = board;
  const configuration = async (): Promise<RTCConfiguration> => ({
    iceServers: await parts.iceServers(),
    ...parts.options.configuration,
    ...media.configuration,
  });
  const first = await configuration();
  return (line) => {
    const live = createCall({
      line,
      info: rung ? rung.info : (media as CallOptions).info,
      media,
      otherChannels: rung?.channels ?? [],
      patienceMs: parts.options.patience ?? usualPatienceMs,
      createConnection: () => new RTCPeerConnection(first),
      configuration,
      onEnded: () => endCall(board, line),
    });
    talks.set(line.call, {
      live,
      since: performance.now(),
      receive(content, from, session) {
        if (line.accepts(content, from, session)) {
          live.receive(content);
        } else if (content.kind === "accept" && from === line.peer) {
          tell(line.call, session, { kind: "stop", reason: "answered-elsewhere", by: line.peerSession });
        }
      },
    });
    return live;
  };
}

function endCall({ talks, forget }: Switchboard, line: Line): void {
  talks.delete(line.call);
  forget(line.call, (content, from, session) => {
    if ((content.kind === "negotiate" || content.kind === "resume") && line.accepts(content, from, session)) {
      void line.toSession({ kind: "end", reason: "hung-up" });
    }
  });
}

/** The call that a user has just begun with this end. */
export function joinNewCall({ talks }: Switchboard, userId: string, { media }: CallMedia): Call | undefined {
  for (const { live, since } of talks.values()) {
    const { call } = live;
    const isNew = call.state.name === "connecting" || performance.now() - since < sameCallMs;
    if (call.peer === userId && call.role === "callee" && isNew) {
      if (media && call.connection.getSenders().every(({ track }) => track === null)) {
        call.addMedia(media);
      }
      return call;
    }
  }
  return undefined;
}
