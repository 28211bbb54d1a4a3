import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createHeartbeat } from "../../src/transports/heartbeat";

const script = "https://page.example/heartbeat.js";

/** Workers that run their script here; returns the addresses of all and of those that run. */
function createWorkers(): { created: string[]; running: Set<string> } {
  const created: string[] = [];
  const running = new Set<string>();
  const scripts = new Map<string, string>();
  vi.stubGlobal(
    "Blob",
    class {
      constructor(readonly parts: string[]) {}
    },
  );
  vi.stubGlobal("URL", {
    createObjectURL({ parts }: { parts: string[] }) {
      scripts.set("blob:1", parts.join(""));
      return "blob:1";
    },
    revokeObjectURL: (url: string) => scripts.delete(url),
  });
  vi.stubGlobal(
    "Worker",
    class {
      onmessage: (event: { data: unknown }) => void = () => undefined;
      readonly #address: string;
      #timer: ReturnType<typeof setInterval> | undefined;

      constructor(url: string | URL) {
        this.#address = String(url);
        created.push(this.#address);
        running.add(this.#address);
        new Function("setInterval", "postMessage", scripts.get(this.#address) ?? "")(
          (beat: () => void, ms: number) => (this.#timer = setInterval(beat, ms)),
          (data: unknown) => this.onmessage({ data }),
        );
      }

      terminate(): void {
        clearInterval(this.#timer);
        running.delete(this.#address);
      }
    },
  );
  return { created, running };
}

beforeEach(() => void vi.useFakeTimers());

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("beats every ten seconds in a worker of its own until it is ended", () => {
  const { created, running } = createWorkers();
  let beats = 0;
  const stop = createHeartbeat(undefined)(() => beats++);
  vi.advanceTimersByTime(9_999);
  expect(beats).toBe(0);
  vi.advanceTimersByTime(1);
  expect(beats).toBe(1);
  vi.advanceTimersByTime(20_000);
  expect(beats).toBe(3);
  stop();
  vi.advanceTimersByTime(60_000);
  expect(beats).toBe(3);
  expect(created).toEqual(["blob:1"]);
  expect(running.size).toBe(0);
});

it("uses the application's script for the worker, or none at all", () => {
  const { created, running } = createWorkers();
  const stop = createHeartbeat(script)(() => undefined);
  expect([...running]).toEqual([script]);
  stop();
  createHeartbeat(false)(() => undefined)();
  expect(created).toEqual([script]);
});

it("works without a worker if the page's policy forbids it", () => {
  createWorkers();
  vi.stubGlobal("Worker", class {
    constructor() {
      throw new Error("SecurityError");
    }
  });
  expect(createHeartbeat(undefined)(() => undefined)()).toBeUndefined();
});
