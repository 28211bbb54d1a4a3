import type { Http } from "../base/http.js";
import { objectsOf, textOf } from "../base/json.js";
import type { OpenSocket } from "./stomp.js";

/** How long the webapp and the nodes may take, each. */
const patienceMs = 3000;

interface Socket {
  onopen: unknown;
  onerror: unknown;
  onclose: unknown;
  close(): void;
}

/**
 * Finds the region whose node is the first to open a WebSocket.
 * @returns undefined if the webapp lists none
 * @throws SignalBrokerError if the webapp does not answer, or does not tell; AggregateError if no node answers
 */
export async function findNearest(http: Http, openSocket: OpenSocket): Promise<string | undefined> {
  const regions = objectsOf(await http.request("GET", "nodes", { timeoutMs: patienceMs }), "regions");
  if (regions.length < 2) {
    return regions[0] && textOf(regions[0], "region");
  }
  const sockets: Socket[] = [];
  const opened = regions.map(async (region) => {
    await new Promise((resolve, reject) => {
      const socket = openSocket(textOf(region, "address") ?? "", ["v12.stomp"]) as Socket;
      sockets.push(socket);
      socket.onopen = resolve;
      socket.onerror = socket.onclose = reject;
      setTimeout(reject, patienceMs);
    });
    return textOf(region, "region");
  });
  try {
    return await Promise.any(opened);
  } finally {
    for (const socket of sockets) {
      socket.close();
    }
  }
}
