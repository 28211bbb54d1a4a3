import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { connect } from "../../src/connect";

/** The page that the browser shows again. */
function comeBack(): void {
  globalThis.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: true }));
}

let asked: string[];

const url = "https://signal.example";
const fetcher = (address: string | URL | Request): Promise<Response> => {
  asked.push(String(address));
  return Promise.resolve(Response.json({}, { status: 404 }));
};

beforeEach(() => {
  vi.useFakeTimers();
  asked = [];
  const page = new EventTarget();
  vi.stubGlobal("document", page);
  vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
  vi.stubGlobal("dispatchEvent", page.dispatchEvent.bind(page));
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("never asks the server when it was aborted before", async () => {
  await expect(connect({ url, fetch: fetcher, signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "aborted" });
  comeBack();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toEqual([]);
});

it("asks no more when it is aborted while only a gateway answers", async () => {
  const abort = new AbortController();
  const connecting = connect({ url, fetch: fetcher, signal: abort.signal }).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(asked.length).toBeGreaterThan(2);
  abort.abort();
  expect(await connecting).toMatchObject({ code: "aborted" });
  asked = [];
  comeBack();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toEqual([]);
});
