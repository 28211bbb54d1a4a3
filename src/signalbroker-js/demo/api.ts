import { isObject, parseJson, textOf, type JsonObject } from "./json";
import { retryAfterMs } from "./retryAfter";
import type { Wire } from "./wire";

/** Who wants to listen. Without a user id the webapp makes an anonymous one. */
export interface Identity {
  userId?: string;
  device?: string;
}

/** One listening device of one user: what POST /connect answers. */
export interface Session {
  userId: string;
  device: string | undefined;
  listeningAddress: string;
  listeningKey: string;
  /** The session's only secret; it opens the socket and authorizes every request. */
  passcode: string;
}

/** One message to a user. */
export interface Signal {
  to: string;
  content: unknown;
}

/** What became of a signal at one of the addressee's sessions. */
export interface Delivery {
  listeningKey: string;
  device: string | undefined;
  outcome: string;
}

/** Why a request failed (RFC 9457). The status is 0 when the webapp could not be reached. */
export interface Problem {
  status: number;
  code: string;
  detail?: string | undefined;
  retryAfterMs?: number | undefined;
}

export type Answer<T> = { ok: true; value: T } | { ok: false; problem: Problem };

/** The webapp's three endpoints. */
export interface Api {
  connect(identity: Identity): Promise<Answer<Session>>;
  exchange(session: Session, signal: Signal): Promise<Answer<Delivery[]>>;
  /** Works while the page is being left, too. */
  disconnect(session: Session): Promise<Answer<void>>;
}

const timeoutMs = 20_000;

export function createApi(wire: Wire): Api {
  return {
    connect: (identity) => post("connect", identity, undefined, readSession),
    exchange: (session, signal) => post("exchange", signal, session, readDeliveries),
    disconnect: (session) => post("disconnect", undefined, session, () => undefined),
  };

  async function post<T>(
    path: string,
    body: unknown,
    session: Session | undefined,
    read: (body: JsonObject) => T,
  ): Promise<Answer<T>> {
    const headers: Record<string, string> = {};
    if (session) {
      headers["Authorization"] = `Basic ${btoa(`${session.listeningKey}:${session.passcode}`)}`;
    }
    const request: RequestInit = { method: "POST", headers, keepalive: path === "disconnect" };
    if (body !== undefined) {
      headers["Content-Type"] = "application/json";
      request.body = JSON.stringify(body);
    }
    wire.record("HTTP", "out", httpText(`POST /${path}`, Object.entries(headers), request.body?.toString()));

    try {
      const response = await fetch(path, { ...request, signal: AbortSignal.timeout(timeoutMs) });
      const text = await response.text();
      wire.record("HTTP", "in", httpText(`${response.status} ${response.statusText}`, retryHeader(response), text));
      const json = parseJson(text);
      const answer = isObject(json) ? json : {};
      return response.ok ? { ok: true, value: read(answer) } : { ok: false, problem: readProblem(response, answer) };
    } catch (error) {
      wire.record("HTTP", "in", `no answer to POST /${path} (${String(error)})`);
      return { ok: false, problem: { status: 0, code: "unreachable" } };
    }
  }
}

function readSession(body: JsonObject): Session {
  return {
    userId: required(body, "userId"),
    device: textOf(body, "device"),
    listeningAddress: required(body, "listeningAddress"),
    listeningKey: required(body, "listeningKey"),
    passcode: required(body, "passcode"),
  };
}

function readDeliveries(body: JsonObject): Delivery[] {
  const sessions = Array.isArray(body["sessions"]) ? body["sessions"].filter(isObject) : [];
  return sessions.map((session) => ({
    listeningKey: required(session, "listeningKey"),
    device: textOf(session, "device"),
    outcome: required(session, "outcome"),
  }));
}

function readProblem(response: Response, body: JsonObject): Problem {
  return {
    status: response.status,
    code: textOf(body, "code") ?? "",
    detail: textOf(body, "detail") ?? textOf(body, "title"),
    retryAfterMs: retryAfterMs(response.headers.get("Retry-After")),
  };
}

function required(body: JsonObject, member: string): string {
  const text = textOf(body, member);
  if (text === undefined) {
    throw new TypeError(`the answer has no ${member}`);
  }
  return text;
}

function retryHeader(response: Response): [string, string][] {
  const value = response.headers.get("Retry-After");
  return value === null ? [] : [["Retry-After", value]];
}

function httpText(firstLine: string, headers: [string, string][], body = ""): string {
  const lines = [firstLine.trim(), ...headers.map(([name, value]) => `${name}: ${value}`)];
  return body === "" ? lines.join("\n") : [...lines, "", body].join("\n");
}
