import { connect, type ConnectOptions, type SignalBrokerClient, type State } from "../../src/index";
import { createTappedFetch } from "../wire/tappedFetch";
import { openTappedSocket } from "../wire/tappedSocket";
import type { Wire } from "../wire/wire";
import type { SignInRequest } from "./options";

/** Where the page stands: the client's state, or nobody is signed in, perhaps because the server refused. */
export type PageState =
  | Exclude<State, { name: "closed" }>
  | { name: "signed-out"; problem?: { code: string; reason: string } };

export interface SignInParts {
  wire: Wire;
  onState(state: PageState): void;
  /** The client listens for the first time. */
  onClient(client: SignalBrokerClient): void;
}

/** The person's presence: one client, from signing in to signing out. */
export function createSignIn({ wire, onState, onClient }: SignInParts) {
  let client: SignalBrokerClient | undefined;
  let attempt: AbortController | undefined;

  return {
    get client(): SignalBrokerClient | undefined {
      return client;
    },
    begin(request: SignInRequest): void {
      attempt = new AbortController();
      void run(request, attempt);
    },
    end(): void {
      if (client) {
        void client.close();
      } else {
        attempt?.abort();
      }
    },
  };

  async function run(request: SignInRequest, mine: AbortController): Promise<void> {
    const { userId, device, token } = request;
    const options: ConnectOptions = {
      // Beside the page, wherever a proxy has put it.
      url: new URL(".", location.href).href,
      listen: request.listen === "stomp" ? "websocket" : request.listen,
      mqtt: request.listen !== "stomp",
      send: request.send,
      calls: { configuration: request.relayOnly ? { iceTransportPolicy: "relay" } : {} },
      signal: mine.signal,
      fetch: createTappedFetch(wire),
      openSocket: (address, protocols) => openTappedSocket(address, protocols, wire),
      onState: (state) => showState(state, request, mine),
      ...(userId && { userId }),
      ...(device && { device }),
      ...(token && { token }),
    };
    try {
      client = await connect(options);
      onClient(client);
    } catch {
      // The state has said it already.
    }
  }

  function showState(state: State, request: SignInRequest, mine: AbortController): void {
    if (mine !== attempt) {
      return;
    }
    if (state.name !== "closed") {
      onState(state);
      return;
    }
    client = undefined;
    const { problem } = state;
    if (problem.code === "token-missing" && request.isGiven && request.userId !== undefined) {
      // Where names take a token nobody keeps one without, not even one that was given.
      void run({ ...request, userId: undefined }, mine);
      return;
    }
    attempt = undefined;
    const isOwnWish = problem.code === "closed" || problem.code === "aborted";
    onState(isOwnWish ? { name: "signed-out" } : { name: "signed-out", problem });
  }
}

export type SignIn = ReturnType<typeof createSignIn>;
