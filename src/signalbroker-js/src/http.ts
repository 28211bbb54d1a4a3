import { SignalBrokerError } from "./errors.js";
import { objectOf, parseJson, textOf, type JsonObject } from "./json.js";
import { readDeliveries } from "./sending/signal.js";

/** One request to the webapp. */
export interface HttpRequest {
  body?: unknown;
  authorization?: string | undefined;
  /** Lets the request outlive the page. */
  keepalive?: boolean;
}

export type HttpMethod = "GET" | "POST" | "PUT" | "DELETE";

/** The webapp's HTTP interface. */
export interface Http {
  /** Asks for a path and returns the JSON that it answers; a refusal is a {@link SignalBrokerError}. */
  json(method: HttpMethod, path: string, request?: HttpRequest): Promise<unknown>;
  /** The same where the answer is an object. */
  request(method: HttpMethod, path: string, request?: HttpRequest): Promise<JsonObject>;
  /** Opens a stream of server-sent events. */
  stream(path: string, authorization: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>>;
}

const timeoutMs = 20_000;

/** @param url where the webapp is; a path in it is kept */
export function createHttp(url: string, fetcher: typeof fetch = (...request) => fetch(...request)): Http {
  const base = url.endsWith("/") ? url : `${url}/`;

  return {
    json,
    request: async (...request) => objectOf(await json(...request)),

    async stream(path, authorization, signal) {
      const response = await fetcher(base + path, {
        headers: { Authorization: authorization, Accept: "text/event-stream" },
        cache: "no-store",
        signal,
      });
      if (!response.ok || !response.body) {
        throw problemOf(response, objectOf(parseJson(await response.text())));
      }
      return response.body;
    },
  };

  async function json(
    method: HttpMethod,
    path: string,
    { body, authorization, keepalive = false }: HttpRequest = {},
  ): Promise<unknown> {
    const headers: Record<string, string> = {};
    const init: RequestInit = { method, headers, keepalive, signal: AbortSignal.timeout(timeoutMs) };
    if (authorization !== undefined) {
      headers["Authorization"] = authorization;
    }
    if (body !== undefined) {
      headers["Content-Type"] = "application/json";
      init.body = JSON.stringify(body);
    }

    let response: Response;
    let text: string;
    try {
      response = await fetcher(base + path, init);
      text = await response.text();
    } catch (error) {
      throw new SignalBrokerError("unreachable", `No answer to ${method} /${path} (${String(error)}).`);
    }
    const answer = parseJson(text);
    if (!response.ok) {
      throw problemOf(response, objectOf(answer));
    }
    return answer;
  }
}

/** The credential of a session (RFC 7617). */
export function basic(session: { listeningKey: string; passcode: string }): string {
  return `Basic ${btoa(`${session.listeningKey}:${session.passcode}`)}`;
}

/** Reads problem details (RFC 9457). */
function problemOf(response: Response, body: JsonObject): SignalBrokerError {
  const { status } = response;
  const sentence = textOf(body, "detail") ?? textOf(body, "title") ?? `Something on the way answered ${status}.`;
  // The webapp names every refusal. What has no code comes from a gateway that can't reach it, or won't for the moment;
  // only the length of a body is the same the next time.
  const code = textOf(body, "code") ?? (status === 413 ? "payload-too-large" : "unreachable");
  return new SignalBrokerError(code, sentence, {
    status,
    retryAfterMs: retryAfterMs(response.headers.get("Retry-After")),
    sessions: readDeliveries(body),
  });
}

/**
 * How long a Retry-After header asks to wait, in milliseconds (RFC 9110, section 10.2.3: seconds or a date);
 * undefined when there is none or it is malformed.
 */
export function retryAfterMs(header: string | null, now = Date.now()): number | undefined {
  if (header === null) {
    return undefined;
  }
  if (/^\d+$/.test(header)) {
    return Number(header) * 1000;
  }
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
