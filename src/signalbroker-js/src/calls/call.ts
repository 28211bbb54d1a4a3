import { createEmitter, type Unsubscribe } from "../emitter.js";
import { SignalBrokerError } from "../errors.js";
import { createChannels } from "./channels.js";
import type { ReceivedContent } from "./content.js";
import type { Line } from "./line.js";
import { createNegotiation } from "./negotiation.js";
import type { CallMedia } from "./options.js";
import type { Tell } from "./outgoing.js";
import type { Role } from "./proof.js";

/** Why a call is over. */
export interface CallEnd {
  /**
   * `hung-up` here or `peer-hung-up` there, `lost` when no connection came about (again) in time, `closed` with the
   * client.
   */
  reason: "hung-up" | "peer-hung-up" | "lost" | "closed";
}

/** Where a call stands; `reconnecting` means that what is sent does not arrive at the moment. */
export type CallState = { name: "connecting" | "connected" | "reconnecting" } | { name: "ended"; end: CallEnd };

/** A call with one peer: an RTCPeerConnection that is kept connected. */
export interface Call {
  readonly id: string;
  /** The other user. */
  readonly peer: string;
  /** Whether this end called or was called. */
  readonly role: Role;
  /** What the caller said about the call. */
  readonly info: unknown;
  readonly state: CallState;
  /** The connection itself, for tracks, statistics and everything else; negotiating is done by the call. */
  readonly connection: RTCPeerConnection;
  /** All tracks that the peer sends. */
  readonly remoteStream: MediaStream;
  /** Fulfilled when the peers are connected for the first time; rejected if the call ends before. */
  readonly connected: Promise<void>;
  /** Fulfilled when the call is over. */
  readonly ended: Promise<CallEnd>;

  onState(handler: (state: CallState) => void): Unsubscribe;
  /** Hears of every track that the peer sends, those that are there already included. */
  onTrack(handler: (event: RTCTrackEvent) => void): Unsubscribe;
  /** Hears of every data channel that the peer opens, those that are there already included. */
  onChannel(handler: (channel: RTCDataChannel) => void): Unsubscribe;

  /** The data channel with this label (`default` if left out), whoever opens it, once it is open. */
  channel(label?: string): Promise<RTCDataChannel>;
  /** Opens a data channel, and returns it once it is open. */
  openChannel(label: string, options?: RTCDataChannelInit): Promise<RTCDataChannel>;
  /** Sends a stream's tracks, too. */
  addMedia(media: MediaStream): void;
  /** Ends the call. */
  hangUp(): void;
}

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
    const error = new SignalBrokerError("peer-gone", "The call is over.");
    channels.close(error);
    connected.reject(error);
    parts.onEnded();
    show({ name: "ended", end: how });
    ended.resolve(how);

    const last = { kind: "end", reason: how.reason === "lost" ? "lost" : "hung-up" } as const;
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

/** The labels of the channels that a peer opens. */
export function channelsOf({ media, channels }: CallMedia, role: Role): readonly string[] {
  const labels = channels ?? (media ? [] : ["default"]);
  const bringsNothing = labels.length === 0 && !media?.getTracks().length;
  // Without anything to offer there is no connection, over which the callee may send something.
  return bringsNothing && role === "caller" ? ["default"] : labels;
}

interface Deferred<T> {
  promise: Promise<T>;
  resolve(value: T): void;
  reject(error: Error): void;
}

/** A promise that is settled from outside; nobody has to wait for it. */
export function deferred<T>(): Deferred<T> {
  let resolve!: (value: T) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}
