import { SignalBrokerError } from "../base/errors.js";
import { basic, type Http } from "../base/http.js";
import type { OpenTransport } from "../listening/transport.js";
import { createEventReader } from "./eventStream.js";

/** A stream that is silent for this long is dead: the webapp sends a comment at least every 15 s. */
const silenceMs = 40_000;

/**
 * Listens to server-sent events of the same envelopes from the webapp, where WebSockets are blocked. With `fetch`, as
 * `EventSource` can't send a credential. The first bytes, a comment, say that the session listens.
 */
export function createEventsTransport(http: Http): OpenTransport {
  return (session, events, withinMs) => {
    const abort = new AbortController();
    let ended = false;
    let isListening = false;
    let isRefused = false;
    let patience = setTimeout(() => lose("The webapp did not begin its stream in time."), withinMs);
    void read();
    return { close: end };

    async function read(): Promise<void> {
      try {
        const reader = (await http.stream("listen", basic(session), abort.signal)).getReader();
        const decoder = new TextDecoder();
        const takeEvents = createEventReader((data) => {
          if (!ended) {
            events.received(data);
          }
        });
        for (;;) {
          const { done, value } = await reader.read();
          if (done) {
            lose("The webapp's stream ended.");
            return;
          }
          heard();
          takeEvents(decoder.decode(value, { stream: true }));
        }
      } catch (error) {
        // The webapp has answered, even if the session's node is away.
        isRefused = error instanceof SignalBrokerError && error.status === 503;
        lose(error instanceof SignalBrokerError ? error.message : `The webapp's stream broke (${String(error)}).`);
      }
    }

    function heard(): void {
      if (ended) {
        return;
      }
      clearTimeout(patience);
      patience = setTimeout(() => lose("The webapp's stream fell silent."), silenceMs);
      if (!isListening) {
        isListening = true;
        events.listening();
      }
    }

    function lose(reason: string): void {
      if (!ended) {
        end();
        events.lost(reason, !isListening && !isRefused);
      }
    }

    function end(): void {
      ended = true;
      clearTimeout(patience);
      abort.abort();
    }
  };
}
