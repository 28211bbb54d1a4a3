import type { Listen } from "../../src/index";

/** Who wants to sign in, and how. */
export interface SignInRequest {
  userId: string | undefined;
  /** Whether the person chose no name: any name was given by the webapp, and another will do as well. */
  isGiven: boolean;
  device: string | undefined;
  /** Never in the page's address: others could read it there. */
  token: string | undefined;
  listen: Listen | "stomp";
  send: "http" | "socket";
  /** Calls go through a TURN server even where they need not. */
  relayOnly: boolean;
}

/** What the address asks for: `?user=alice&autoconnect=1&to=bob&device=laptop&relay=1&listen=sse&send=socket`. */
export interface Asked extends SignInRequest {
  to: string;
  autoconnect: boolean;
}

export function readQuery(search: string): Asked {
  const query = new URLSearchParams(search);
  const listen = query.get("listen");
  return {
    userId: query.get("user") || undefined,
    isGiven: false,
    device: query.get("device") || undefined,
    token: undefined,
    to: query.get("to") ?? "",
    autoconnect: query.get("autoconnect") === "1",
    relayOnly: query.get("relay") === "1",
    listen: listen === "sse" || listen === "websocket" || listen === "stomp" ? listen : "auto",
    send: query.get("send") === "socket" ? "socket" : "http",
  };
}

/** What is asked for when the page of a signed-in user is loaded again, unless its address asks for another user. */
export function again(asked: Asked, request: SignInRequest): Asked {
  const isSame = asked.userId === undefined || asked.userId === request.userId;
  return isSame ? { ...asked, ...request, autoconnect: true } : asked;
}
