/** What holds for every call of a client. */
export interface CallsOptions {
  /** More calls at once are answered as busy; any number if left out. */
  atOnce?: number;
  /** Besides the ICE servers that the webapp names, such as `iceTransportPolicy`. */
  configuration?: RTCConfiguration;
  /** How long a call may have no connection, at its beginning or in between, in milliseconds; 60,000 if left out. */
  patience?: number;
}

/** What a peer brings into a call. */
export interface CallMedia {
  /** Its tracks are sent. They stay the application's: the call never stops them. */
  media?: MediaStream | undefined;
  /**
   * Data channels to open, by label. Without media and channels there is one, named `default`; also when a caller
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
  /** Gives up while it rings. */
  signal?: AbortSignal;
}
