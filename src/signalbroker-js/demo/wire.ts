/** Which way something went, seen from the browser. */
export type Way = "out" | "in";

/** The two ways out of this page: HTTP to the webapp, STOMP to the node. */
export type Channel = "HTTP" | "STOMP";

/** Who wants to know what goes over the wire. The text still holds secrets. */
export interface Wire {
  record(channel: Channel, way: Way, text: string): void;
  heartbeat(way: Way): void;
}
