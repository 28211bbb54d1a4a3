import type { Listen } from "../../src/index";

/** Who wants to sign in, and how. */
export interface SignInRequest {
  userId: string | undefined;
  device: string | undefined;
  token: string | undefined;
  listen: Listen;
  send: "http" | "socket";
  /** Calls go through a TURN server even where they need not. */
  relayOnly: boolean;
}

/** What the page's address asks for: `?user=alice&autoconnect=1&to=bob&device=laptop&relay=1&listen=sse&send=socket`. */
export interface Asked {
  user: string;
  device: string;
  to: string;
  autoconnect: boolean;
  relay: boolean;
  listen: Listen;
  send: "http" | "socket";
}

export function readQuery(search: string): Asked {
  const query = new URLSearchParams(search);
  const listen = query.get("listen");
  return {
    user: query.get("user") ?? "",
    device: query.get("device") ?? "",
    to: query.get("to") ?? "",
    autoconnect: query.get("autoconnect") === "1",
    relay: query.get("relay") === "1",
    listen: listen === "sse" || listen === "websocket" ? listen : "auto",
    send: query.get("send") === "socket" ? "socket" : "http",
  };
}
