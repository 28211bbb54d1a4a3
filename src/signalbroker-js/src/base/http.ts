import { browsersReason } from "./address.js";
import { readDeliveries } from "./delivery.js";
import { SignalBrokerError } from "./errors.js";
import { objectOf, parseJson, textOf, type JsonObject } from "./json.js";

/** One request to the webapp. */
export interface HttpRequest {
  /** Written as JSON, unless it is text, which is already JSON. */
  body?: unknown;
  authorization?: string | undefined;
  /** Lets the request outlive the page. */
  keepalive?: boolean;
  /** How long it may take, in milliseconds; 20,000 if left out. */
  timeoutMs?: number;
}

export type HttpMethod = "GET" | "POST" | "PUT" | "DELETE";

/** The webapp's HTTP interface. */
export interface Http {
  /** Requests a path and returns the JSON answer; throws a {@link SignalBrokerError} if it is refused. */
  json(method: HttpMethod, path: string, request?: HttpRequest): Promise<unknown>;
  /** The same, if the answer is an object. */
  request(method: HttpMethod, path: string, request?: HttpRequest): Promise<JsonObject>;
  /** Opens a stream of server-sent events. */
  stream(path: string, authorization: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>>;
}

const usualTimeoutMs = 20_000;

/** @param base where the webapp is, with a slash at the end */
export function createHttp(base: string, fetcher: typeof fetch = (...request) => fetch(...request)): Http {
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
      if (!/^text\/event-stream\b/i.test(response.headers.get("Content-Type") ?? "")) {
        throw notTheWebapp(response, `GET /${path}`);
      }
      return response.body;
    },
  };

  async function json(
    method: HttpMethod,
    path: string,
    { body, authorization, keepalive = false, timeoutMs = usualTimeoutMs }: HttpRequest = {},
  ): Promise<unknown> {
    const headers: Record<string, string> = {};
    const init: RequestInit = { method, headers, keepalive, signal: AbortSignal.timeout(timeoutMs) };
    if (authorization !== undefined) {
      headers["Authorization"] = authorization;
    }
    if (body !== undefined) {
      headers["Content-Type"] = "application/json";
      init.body = typeof body === "string" ? body : JSON.stringify(body);
    }

    let response: Response;
    let text: string;
    try {
      response = await fetcher(base + path, init);
      text = await response.text();
    } catch (error) {
      // The only sign of what the browser forbids.
      const hint = error instanceof TypeError ? browsersReason(base) : "";
      throw new SignalBrokerError("unreachable", `No answer to ${method} /${path} (${String(error)}).${hint}`);
    }
    const answer = parseJson(text);
    if (!response.ok) {
      throw problemOf(response, objectOf(answer));
    }
    if (answer === undefined && text !== "") {
      throw notTheWebapp(response, `${method} /${path}`);
    }
    return answer;
  }
}

/** The credential of a session (RFC 7617). */
export function basic(session: { listeningKey: string; passcode: string }): string {
  return `Basic ${btoa(`${session.listeningKey}:${session.passcode}`)}`;
}

/** Some page came instead, such as a hotel's sign-in page, or an application's start page for unknown paths. */
function notTheWebapp({ status, headers }: Response, request: string): SignalBrokerError {
  const type = headers.get("Content-Type") ?? "something without a type";
  return new SignalBrokerError("unreachable", `Something on the way answered ${request} with ${status} and ${type}.`);
}

/** Reads problem details (RFC 9457). */
function problemOf(response: Response, body: JsonObject): SignalBrokerError {
  const { status } = response;
  const sentence = textOf(body, "detail") ?? textOf(body, "title") ?? `Something on the way answered ${status}.`;
  // The webapp gives every refusal a code. An answer without one comes from a gateway that can't reach it, or won't at
  // the moment; only the length of a body will be the same next time.
  const code = textOf(body, "code") ?? (status === 413 ? "payload-too-large" : "unreachable");
  return new SignalBrokerError(code, sentence, {
    status,
    retryAfterMs: retryAfterMs(response.headers),
    sessions: readDeliveries(body),
  });
}

/**
 * How long an answer's Retry-After header asks to wait, in milliseconds (RFC 9110, section 10.2.3): it holds seconds,
 * or a date by the same clock as the Date header. Undefined if there is none, or it can't be read.
 */
export function retryAfterMs(headers: Headers): number | undefined {
  const header = headers.get("Retry-After") ?? "";
  if (/^\d+$/.test(header)) {
    return Number(header) * 1000;
  }
  const waitMs = Date.parse(header) - Date.parse(headers.get("Date") ?? "");
  return Number.isNaN(waitMs) ? undefined : Math.max(0, waitMs);
}
