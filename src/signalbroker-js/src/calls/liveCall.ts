import { createEmitter } from "../base/emitter.js";
import { SignalBrokerError } from "../base/errors.js";
import type { Call, CallEnd, CallState } from "./call.js";
import { channelsOf, createChannels } from "./channels.js";
import type { ReceivedContent } from "./content.js";
import { deferred } from "../base/deferred.js";
import type { Line } from "./line.js";
import { createNegotiation } from "./negotiation.js";
import type { CallMedia } from "./options.js";
import type { Tell } from "./outgoing.js";
import type { Role } from "./proof.js";

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

/** How long a failed connection waits for an ICE restart to change anything, until there is another one. */
const restartAgainMs = 3000;

/** How long an end that listens nowhere may take to come back while there is no connection. */
const comeBackMs = 25_000;

export function createCall(parts: LiveCallParts): LiveCall {
  const { line, role, media } = parts;
  const connection = parts.createConnection();
  const states = createEmitter<CallState>();
  const tracks = createEmitter<RTCTrackEvent>();
  const refusals = createEmitter<SignalBrokerError>();
  const channels = createChannels(connection);
  const remoteStream = new MediaStream();
  const trackEvents: RTCTrackEvent[] = [];
  let state: CallState = { name: "connecting" };
  let giveUp = setTimeout(lose, parts.patienceMs);
  let restartAgain: ReturnType<typeof setTimeout> | undefined;
  let peerGone: ReturnType<typeof setTimeout> | undefined;
  const connected = deferred<void>();
  const ended = deferred<CallEnd>();

  const negotiation = createNegotiation({
    connection,
    // Fixed by who rang first, so both ends agree on it whatever their sessions become.
    polite: role === "callee",
    async send(content) {
      const reached = await line.toSession(content);
      if (reached === "gone") {
        peerGone ??= setTimeout(() => {
          peerGone = undefined;
          if (connection.connectionState !== "connected") {
            lose();
          }
        }, comeBackMs);
      }
      return reached;
    },
    onFirstOffer() {
      // Only now, so that an offer of its own does not cross the caller's.
      if (role === "callee") {
        bringOwn();
      }
    },
    onRefused(error, isAnswer) {
      if (state.name === "connecting" || isAnswer) {
        void end({ reason: "refused", error }, "peer");
      } else {
        refusals.emit(error);
      }
    },
  });

  connection.onconnectionstatechange = () => {
    switch (connection.connectionState) {
      case "connected":
        clearTimeout(giveUp);
        connected.resolve();
        show({ name: "connected" });
        break;
      case "failed":
        restart();
        interrupted();
        break;
      case "disconnected":
        interrupted();
        break;
    }
  };
  connection.ontrack = (event) => {
    remoteStream.addTrack(event.track);
    for (const stream of event.streams) {
      stream.onremovetrack = ({ track }) => remoteStream.removeTrack(track);
    }
    trackEvents.push(event);
    tracks.emit(event);
  };
  if (role === "caller") {
    try {
      bringOwn();
    } catch (error) {
      clearTimeout(giveUp);
      negotiation.close();
      connection.close();
      throw error;
    }
  }

  const call: Call = {
    id: line.call,
    get peer() {
      return line.peer;
    },
    role,
    info: parts.info,
    connection,
    remoteStream,
    connected: connected.promise,
    ended: ended.promise,
    get state() {
      return state;
    },
    onState: states.on,
    onTrack(handler) {
      trackEvents.forEach(handler);
      return tracks.on(handler);
    },
    onChannel: channels.onChannel,
    onRefused: refusals.on,
    channel: (label = "default") => channels.get(label),
    openChannel: (label, options) => channels.open(label, options),
    addMedia,
    hangUp: () => void end({ reason: "hung-up" }, "peer"),
  };

  return {
    call,
    receive(content) {
      clearTimeout(peerGone);
      peerGone = undefined;
      switch (content.kind) {
        case "negotiate":
          void negotiation.receive(content);
          break;
        case "resume":
          void line.toSession({ kind: "resumed" });
          negotiation.resync();
          break;
        case "resumed":
          negotiation.resync();
          break;
        case "end":
          void end({ reason: content.reason === "lost" ? "lost" : "peer-hung-up" }, "nobody");
          break;
        case "decline":
        case "busy":
          // The callee thought better of it before it had heard anything of this call.
          void end({ reason: "peer-hung-up" }, "nobody");
          break;
      }
    },
    listening: () => void line.toUser({ kind: "resume" }),
    restart,
    end,
  };

  function bringOwn(): void {
    if (media.media) {
      addMedia(media.media);
    }
    for (const label of channelsOf(media, role)) {
      if (!parts.otherChannels.includes(label)) {
        void channels.open(label).catch(() => undefined);
      }
    }
  }

  function addMedia(stream: MediaStream): void {
    const sent = connection.getSenders().map(({ track }) => track);
    for (const track of stream.getTracks().filter((candidate) => !sent.includes(candidate))) {
      connection.addTrack(track, stream);
    }
  }

  function restart(): void {
    void (async () => {
      try {
        connection.setConfiguration(await parts.configuration());
      } catch {
        // Some browsers refuse other servers later on; the old ones may still do.
      }
      if (state.name !== "ended") {
        connection.restartIce();
        clearTimeout(restartAgain);
        // Without a relay and a network it finds no candidate, and the connection stays failed without a word.
        restartAgain = setTimeout(() => {
          if (connection.connectionState === "failed") {
            restart();
          }
        }, restartAgainMs);
      }
    })();
  }

  function interrupted(): void {
    if (state.name === "connected") {
      giveUp = setTimeout(lose, parts.patienceMs);
      show({ name: "reconnecting" });
    }
  }

  function lose(): void {
    void end({ reason: "lost" }, "peer");
  }

  async function end(how: CallEnd, tell: Tell): Promise<void> {
    if (state.name === "ended") {
      return;
    }
    clearTimeout(giveUp);
    clearTimeout(restartAgain);
    clearTimeout(peerGone);
    negotiation.close();
    connection.onconnectionstatechange = null;
    connection.close();
    const error = how.error ?? new SignalBrokerError("peer-gone", "The call is over.");
    channels.close(error);
    connected.reject(error);
    parts.onEnded();
    show({ name: "ended", end: how });
    ended.resolve(how);

    const isLost = how.reason === "lost" || how.reason === "refused";
    const last = { kind: "end", reason: isLost ? "lost" : "hung-up" } as const;
    if (tell === "last") {
      line.last(last);
    } else if (tell === "peer") {
      await line.toSession(last);
    }
  }

  function show(next: CallState): void {
    state = next;
    states.emit(next);
  }
}
