import type { Unsubscribe } from "../base/emitter.js";
import type { SignalBrokerError } from "../base/errors.js";
import type { Role } from "./proof.js";

/** Why a call is over. */
export interface CallEnd {
  /**
   * `hung-up` here or `peer-hung-up` there, `lost` when no connection came about (again) in time, `refused` when the
   * server takes no signal of it, `closed` with the client.
   */
  reason: "hung-up" | "peer-hung-up" | "lost" | "refused" | "closed";
  /** Why it was refused. */
  error?: SignalBrokerError;
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

  /**
   * Hears why a change, such as one more track, can't be negotiated (`payload-too-large` …). It is left out until the
   * next change, and the call goes on.
   */
  onRefused(handler: (error: SignalBrokerError) => void): Unsubscribe;

  /** The data channel with this label (`default` if left out), whoever opens it, once it is open. */
  channel(label?: string): Promise<RTCDataChannel>;
  /** Opens a data channel, and returns it once it is open. */
  openChannel(label: string, options?: RTCDataChannelInit): Promise<RTCDataChannel>;
  /** Sends a stream's tracks, too. */
  addMedia(media: MediaStream): void;
  /** Ends the call. */
  hangUp(): void;
}
