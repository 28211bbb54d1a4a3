/** Which way something went, seen from the browser. */
export type Way = "out" | "in";

/** The ways out of this page: HTTP to the webapp, MQTT or STOMP to the node, server-sent events from the webapp. */
export type Channel = "HTTP" | "MQTT" | "STOMP" | "SSE";

/** Something that went over the wire. The text still holds secrets. */
export interface WireEntry {
  channel: Channel;
  way: Way;
  text: string;
  /** Joins an HTTP answer to its request. */
  request?: number;
}

/** Who wants to know what goes over the wire. */
export interface Wire {
  record(entry: WireEntry): void;
  heartbeat(way: Way): void;
}
