/** The options of every call of a client. */
export interface CallsOptions {
  /** How many calls there may be at once; more are answered as busy. Any number if left out. */
  atOnce?: number;
  /** Goes with the ICE servers that the webapp names, such as `iceTransportPolicy`. */
  configuration?: RTCConfiguration;
  /** How long a call may be without a connection, in milliseconds; 60,000 if left out. */
  patience?: number;
}

/** What a peer brings into a call. */
export interface CallMedia {
  /** Its tracks are sent. The application keeps them: the call never stops them. */
  media?: MediaStream | undefined;
  /**
   * Data channels to open, by label. Without media and channels there is one, named `default`; also if a caller
   * brings an empty list and no track.
   */
  channels?: readonly string[] | undefined;
  /** Replaces parts of the configuration of this call's connection. */
  configuration?: RTCConfiguration | undefined;
}

/** How to call somebody. */
export interface CallOptions extends CallMedia {
  /** Any JSON for the callee to see while it rings, such as a subject. */
  info?: unknown;
  /** How long it rings, in milliseconds; 30,000 if left out. */
  ringFor?: number;
  /** Gives up calling while it rings. */
  signal?: AbortSignal;
}
