import type { Unsubscribe } from "../base/emitter.js";
import type { SignalBrokerError } from "../base/errors.js";
import type { Role } from "./proof.js";

/** Why a call is over. */
export interface CallEnd {
  /**
   * `hung-up` here or `peer-hung-up` there, `lost` when there was no connection (again) in time, `refused` when the
   * server takes none of its signals, `closed` with the client.
   */
  reason: "hung-up" | "peer-hung-up" | "lost" | "refused" | "closed";
  /** Why it was refused. */
  error?: SignalBrokerError;
}

/** The state of a call; while it is `reconnecting`, nothing that is sent arrives. */
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
  /** The connection itself, for tracks, statistics and everything else; the call does the negotiating. */
  readonly connection: RTCPeerConnection;
  /** All tracks that the peer sends. */
  readonly remoteStream: MediaStream;
  /** Fulfilled when the peers are connected for the first time; rejected if the call ends first. */
  readonly connected: Promise<void>;
  /** Fulfilled when the call is over. */
  readonly ended: Promise<CallEnd>;

  onState(handler: (state: CallState) => void): Unsubscribe;
  /** Calls back for every track that the peer sends, including those that are already there. */
  onTrack(handler: (event: RTCTrackEvent) => void): Unsubscribe;
  /** Calls back for every data channel that the peer opens, including those that are already there. */
  onChannel(handler: (channel: RTCDataChannel) => void): Unsubscribe;

  /**
   * Calls back when a change, such as another track, can't be negotiated (`payload-too-large` …). The call goes on
   * without it until the next change.
   */
  onRefused(handler: (error: SignalBrokerError) => void): Unsubscribe;

  /** The data channel with this label (`default` if left out), whoever opens it, once it is open. */
  channel(label?: string): Promise<RTCDataChannel>;
  /** Opens a data channel, and returns it once it is open. */
  openChannel(label: string, options?: RTCDataChannelInit): Promise<RTCDataChannel>;
  /** Sends a stream's tracks as well. */
  addMedia(media: MediaStream): void;
  /** Ends the call. */
  hangUp(): void;
}
