import type { Listen } from "../../src/index";

/** Who wants to sign in, and how. */
export interface SignInRequest {
  userId: string | undefined;
  /** Whether the person chose no name: any name is one that the webapp gave, and another will do as well. */
  isGiven: boolean;
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
  /** Whether the webapp gave this name to an anonymous user. */
  isGiven: boolean;
  device: string;
  /** Never in the address: others could read it there. */
  token: string;
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
    isGiven: false,
    device: query.get("device") ?? "",
    token: "",
    to: query.get("to") ?? "",
    autoconnect: query.get("autoconnect") === "1",
    relay: query.get("relay") === "1",
    listen: listen === "sse" || listen === "websocket" ? listen : "auto",
    send: query.get("send") === "socket" ? "socket" : "http",
  };
}

/** What is asked for when a page is loaded again whose user was signed in, unless its address asks for another one. */
export function again(asked: Asked, { userId = "", device = "", token = "", ...how }: SignInRequest): Asked {
  return asked.user === "" || asked.user === userId
    ? {
        ...asked,
        user: userId,
        isGiven: how.isGiven,
        device,
        token,
        autoconnect: true,
        relay: how.relayOnly,
        listen: how.listen,
        send: how.send,
      }
    : asked;
}
