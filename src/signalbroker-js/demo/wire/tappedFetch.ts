import { createEventReader } from "../../src/transports/eventStream";
import type { Wire } from "./wire";

/** A `fetch` that reports every request, its answer and the events of a stream. */
export function createTappedFetch(wire: Wire): typeof fetch {
  let requests = 0;

  return async (address, init = {}) => {
    const request = ++requests;
    const record = (way: "out" | "in", text: string): void => wire.record({ channel: "HTTP", way, text, request });
    const firstLine = `${init.method ?? "GET"} ${new URL(String(address)).pathname}`;
    record("out", httpText(firstLine, new Headers(init.headers), init.body?.toString()));

    try {
      const response = await fetch(address, init);
      const { status, statusText, headers } = response;
      const isStream = headers.get("Content-Type")?.startsWith("text/event-stream") && response.body;
      const body = isStream ? tapStream(isStream, wire) : await response.text();
      record("in", httpText(`${status} ${statusText}`, retryAfter(headers), isStream ? "" : String(body)));
      return new Response(body === "" ? null : body, { status, statusText, headers });
    } catch (error) {
      record("in", `no answer to ${firstLine} (${String(error)})`);
      throw error;
    }
  };
}

type Bytes = ReadableStream<Uint8Array<ArrayBuffer>>;

function tapStream(stream: Bytes, wire: Wire): Bytes {
  const record = (text: string): void => wire.record({ channel: "SSE", way: "in", text });
  const decoder = new TextDecoder();
  const read = createEventReader(record);
  let isFirst = true;
  return stream.pipeThrough(
    new TransformStream({
      transform(chunk, controller) {
        const text = decoder.decode(chunk, { stream: true });
        if (isFirst) {
          isFirst = false;
          record(text.split("\n", 1)[0] ?? "");
        } else if (text.startsWith(":")) {
          wire.heartbeat("in");
        }
        read(text);
        controller.enqueue(chunk);
      },
      flush: () => record("The stream ended"),
    }),
  );
}

function retryAfter(headers: Headers): Headers {
  const value = headers.get("Retry-After");
  return new Headers(value === null ? {} : { "Retry-After": value });
}

function httpText(firstLine: string, headers: Headers, body = ""): string {
  const lines = [firstLine.trim(), ...[...headers].map(([name, value]) => `${titleCase(name)}: ${value}`)];
  return body === "" ? lines.join("\n") : [...lines, "", body].join("\n");
}

/** `content-type` as people write it. */
function titleCase(header: string): string {
  return header.replace(/\b[a-z]/g, (letter) => letter.toUpperCase());
}
