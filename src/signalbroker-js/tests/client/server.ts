import { expect, vi } from "vitest";
import { createClient } from "../../src/client";
import type { ConnectOptions } from "../../src/options";
import type { SignalBrokerClient } from "../../src/signalBrokerClient";
import type { Surroundings } from "../../src/base/surroundings";
import type { OpenTransport, TransportEvents } from "../../src/listening/transport";

/** What a request asks for, and what it brings along. */
export interface Asked {
  what: string;
  body: unknown;
}

/** A socket to a node. */
export interface Socket extends TransportEvents {
  listeningKey: string;
  isClosed: boolean;
  /** What went through it. */
  sent: Record<string, unknown>[];
}

/** A webapp and a node of the test's own making: it decides what is answered, and what arrives. */
export interface Server {
  client: SignalBrokerClient;
  /** What was asked of `/connect`. */
  readonly connects: Record<string, unknown>[];
  /** The `Authorization` of each of those. */
  readonly tokens: (string | null)[];
  /** Refuses each further session with this code and 409. */
  refuse(code: string): void;
  /** Refuses each further session that is to take over from another one. */
  refusePredecessors(status: number, code: string): void;
  /** From now on it is a webapp that ignores predecessors. */
  becomeOlder(): void;
  /** The requests of sessions, oldest first. */
  readonly asked: readonly Asked[];
  /** The listening keys with which these were asked. */
  readonly askedWith: readonly string[];
  /** What went through the sockets. */
  readonly sent: Record<string, unknown>[];
  /**
   * Answers a request, or all that begin so where it ends with a slash, from now on, the last answer being repeated; a
   * number is a status of the webapp's, and nothing is a lost connection.
   */
  answer(request: string, ...answers: (object | number | undefined)[]): void;
  /** From now on answers to a request wait; returns how to let them come. */
  hold(request: string): () => void;
  /** The sockets that were opened, oldest first. */
  readonly sockets: readonly Socket[];
  /** Brings an envelope, through the newest socket unless another one is given. */
  bring(envelope: object, socket?: Socket): Promise<void>;
  /** Sockets that are opened from now on do not come to listen. */
  holdSockets(): void;
  /** Asks the client to move; what moves it is loaded. */
  askToMove(): Promise<void>;
  /** The socket is lost, and the client comes back. */
  reconnect(): Promise<void>;
  /** The socket is lost, and the client has to wait for another session. */
  lose(): void;
  comeBack(): Promise<void>;
  /** Another page of the same user. */
  reload(options?: Partial<ConnectOptions>): Promise<void>;
  leave(): void;
  /** The page is shown again, as it was. */
  comeBackToPage(): void;
  /** Opens sessions for this user from now on, as for an anonymous one whose name takes a token. */
  rename(userId: string): void;
}

/** Lets this much time pass. */
export const tick = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

function matches(what: string, wanted: string): boolean {
  return wanted.endsWith("/") ? what.startsWith(wanted) : what === wanted || what.startsWith(`${wanted}?`);
}

function refusalOf(status: number): object {
  return { code: status === 401 ? "unauthorized" : "refused" };
}

/** Connects alice; use it with fake timers. */
export async function connectTo(options: Partial<ConnectOptions> = {}): Promise<Server> {
  const asked: Asked[] = [];
  const answers: [string, (object | number | undefined)[]][] = [];
  const connects: Record<string, unknown>[] = [];
  const tokens: (string | null)[] = [];
  const askedWith: string[] = [];
  const names = new Map<string, string>();
  const sockets: Socket[] = [];
  let refusal: string | undefined;
  let refusalOfPredecessors: [number, string] | undefined;
  let isOlder = false;
  let holdsSockets = false;
  const gates = new Map<string, Promise<void>>();
  const sent: Record<string, unknown>[] = [];
  let leave: () => void;
  let comeBack: () => void;
  let sessions = 0;
  let renamed: string | undefined;

  const fetcher = async (address: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const { pathname, search } = new URL(String(address));
    const what = `${init?.method} ${pathname}${search}`;
    const body = init?.body === undefined ? undefined : (JSON.parse(String(init.body)) as Record<string, unknown>);
    const authorization = new Headers(init?.headers).get("Authorization");
    if (pathname === "/connect") {
      connects.push(body ?? {});
      tokens.push(authorization);
      if (refusal) {
        return Response.json({ code: refusal }, { status: 409 });
      }
      const predecessor = body?.["predecessor"] as { listeningKey: string } | undefined;
      if (predecessor && refusalOfPredecessors) {
        const [status, code] = refusalOfPredecessors;
        return Response.json({ code }, { status });
      }
      const userId = renamed ?? body?.["userId"];
      const listeningKey = `s.${++sessions}`;
      names.set(listeningKey, names.get(predecessor?.listeningKey ?? "") ?? listeningKey);
      return Response.json({
        userId,
        device: body?.["device"],
        listeningAddress: "ws://node/ws",
        listeningKey,
        knownAs: isOlder ? undefined : names.get(listeningKey),
        passcode: "p",
      });
    }
    if (pathname === "/disconnect") {
      return new Response(null, { status: 204 });
    }
    // Signals that share a request are each told and answered as if they came alone.
    const parts = Array.isArray(body) ? (body as unknown[]) : [body];
    asked.push(...parts.map((part) => ({ what, body: part })));
    askedWith.push(...parts.map(() => atob(authorization?.slice("Basic ".length) ?? "").split(":")[0] ?? ""));
    await gates.get(what);
    const told = parts.map(() => nextAnswer(what));
    const [answer] = told;
    if (Array.isArray(body)) {
      return Response.json(told.map((one) => (typeof one === "number" ? { status: one, ...refusalOf(one) } : one)));
    }
    return typeof answer === "number"
      ? Response.json(refusalOf(answer), { status: answer })
      : Response.json(answer);
  };
  const nextAnswer = (what: string): object | number => {
    const [, mine = []] = answers.find(([wanted]) => matches(what, wanted)) ?? [];
    const answer = mine.length > 1 ? mine.shift() : mine[0];
    if (answer === undefined) {
      throw new TypeError("no connection");
    }
    return answer;
  };
  const open: OpenTransport = ({ listeningKey }, events) => {
    const socket: Socket = { ...events, listeningKey, isClosed: false, sent: [] };
    sockets.push(socket);
    if (!holdsSockets) {
      queueMicrotask(() => events.listening());
    }
    return {
      close: () => void (socket.isClosed = true),
      send: (body) => [sent, socket.sent].forEach((all) => all.push(JSON.parse(body) as Record<string, unknown>)),
    };
  };
  const newest = (): Socket => sockets.at(-1) ?? expect.fail("There is no socket.");
  const connect = (more: Partial<ConnectOptions>): Promise<SignalBrokerClient> => {
    const surroundings: Surroundings = {
      isOnline: () => true,
      onWake: () => undefined,
      onNetworkChange: () => undefined,
      onLeave: (handler) => void (leave = handler),
      onReturn: (handler) => void (comeBack = handler),
      dispose: () => undefined,
    };
    return createClient(
      { url: "https://signal.example", userId: "alice", fetch: fetcher, ...options, ...more },
      { surroundings, transports: { mqtt: open, stomp: open, sse: open } },
    );
  };

  const server: Server = {
    client: await connect({}),
    connects,
    tokens,
    refuse: (code) => void (refusal = code),
    refusePredecessors: (status, code) => void (refusalOfPredecessors = [status, code]),
    becomeOlder: () => void (isOlder = true),
    asked,
    askedWith,
    sent,
    sockets,
    answer: (request, ...wanted) => void answers.unshift([request, wanted]),
    hold(request) {
      let open!: () => void;
      gates.set(request, new Promise((resolve) => (open = resolve)));
      return open;
    },
    async bring(envelope, socket = newest()) {
      socket.received(JSON.stringify({ sentAt: "2026-01-01T00:00:00Z", content: 1, ...envelope }));
      await tick();
    },
    holdSockets: () => void (holdsSockets = true),
    async askToMove() {
      await server.bring({ type: "session", content: { event: "move", within: 30_000 } });
      await vi.dynamicImportSettled();
      await tick();
    },
    lose: () => newest().lost("The socket closed.", false),
    async comeBack() {
      while (server.client.state.name !== "listening") {
        await tick(250);
      }
      await tick();
    },
    async reconnect() {
      server.lose();
      await server.comeBack();
    },
    async reload(more = {}) {
      server.client = await connect(more);
    },
    leave: () => leave(),
    comeBackToPage: () => comeBack(),
    rename: (userId) => void (renamed = userId),
  };
  server.answer("POST /inbox/settle", { settled: 1, settledThrough: 1 });
  return server;
}
