import { SignalBrokerError } from "./errors.js";
import { isObject, parseJson, textOf, type JsonObject } from "./json.js";
import { readDeliveries } from "./sending/signal.js";

/** One request to the webapp. */
export interface HttpRequest {
  body?: unknown;
  authorization?: string | undefined;
  /** Lets the request outlive the page. */
  keepalive?: boolean;
}

/** The webapp's HTTP interface. */
export interface Http {
  /** Asks for a path and returns the JSON object that it answers; a refusal is a {@link SignalBrokerError}. */
  request(method: "GET" | "POST" | "PUT" | "DELETE", path: string, request?: HttpRequest): Promise<JsonObject>;
  /** Opens a stream of server-sent events. */
  stream(path: string, authorization: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>>;
}

const timeoutMs = 20_000;

/** @param url where the webapp is; a path in it is kept */
export function createHttp(url: string, fetcher: typeof fetch = (...request) => fetch(...request)): Http {
  const base = url.endsWith("/") ? url : `${url}/`;

  return {
    async request(method, path, { body, authorization, keepalive = false } = {}) {
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
      const json = parseJson(text);
      const answer = isObject(json) ? json : {};
      if (!response.ok) {
        throw problemOf(response, answer);
      }
      return answer;
    },

    async stream(path, authorization, signal) {
      const response = await fetcher(base + path, {
        headers: { Authorization: authorization, Accept: "text/event-stream" },
        cache: "no-store",
        signal,
      });
      if (!response.ok || !response.body) {
        const json = parseJson(await response.text());
        throw problemOf(response, isObject(json) ? json : {});
      }
      return response.body;
    },
  };
}

/** The credential of a session (RFC 7617). */
export function basic(session: { listeningKey: string; passcode: string }): string {
  return `Basic ${btoa(`${session.listeningKey}:${session.passcode}`)}`;
}

/** Reads problem details (RFC 9457). */
function problemOf(response: Response, body: JsonObject): SignalBrokerError {
  const { status } = response;
  const sentence = textOf(body, "detail") ?? textOf(body, "title") ?? `The webapp answered ${status}.`;
  // Gateways in between answer without a code.
  const code = textOf(body, "code") ?? (status === 401 ? "unauthorized" : `http-${status}`);
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
