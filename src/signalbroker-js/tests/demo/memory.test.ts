import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createMemory } from "../../demo/signIn/memory";
import type { SignInRequest } from "../../demo/signIn/options";

const alice: SignInRequest = {
  userId: "alice",
  isGiven: false,
  device: undefined,
  token: "secret",
  listen: "auto",
  send: "http",
  relayOnly: false,
};
let stored: Map<string, string>;
let page: EventTarget;

beforeEach(() => {
  stored = new Map();
  vi.stubGlobal("sessionStorage", {
    getItem: (name: string) => stored.get(name) ?? null,
    setItem: (name: string, value: string) => void stored.set(name, value),
    removeItem: (name: string) => void stored.delete(name),
  });
  load();
});

afterEach(() => vi.unstubAllGlobals());

/** A page of this tab is loaded. */
function load(): void {
  page = new EventTarget();
  vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
}

it("remembers over a reload who was signed in and talked", () => {
  const memory = createMemory();
  memory.signedIn(alice);
  memory.talksWith("bob");
  page.dispatchEvent(new Event("pagehide"));
  memory.talksWith(undefined);

  load();
  expect(createMemory()).toMatchObject({ request: { userId: "alice", token: "secret" }, other: "bob" });
  // Nobody has signed in again before it is loaded once more.
  page.dispatchEvent(new Event("pagehide"));
  load();
  expect(createMemory()).toMatchObject({ request: { userId: "alice" }, other: undefined });
});

it("stores nothing while the page is shown, so that a copy of the tab is nobody", () => {
  const memory = createMemory();
  memory.signedIn(alice);
  memory.talksWith("bob");
  expect([...stored]).toEqual([]);
  page.dispatchEvent(new Event("pagehide"));
  page.dispatchEvent(new Event("pageshow"));
  expect([...stored]).toEqual([]);
});

it("forgets who signed out", () => {
  const memory = createMemory();
  memory.signedIn(alice);
  memory.signedOut();
  page.dispatchEvent(new Event("pagehide"));
  expect([...stored]).toEqual([]);
});

it("does without storage where there is none", () => {
  vi.stubGlobal("sessionStorage", undefined);
  const memory = createMemory();
  memory.signedIn(alice);
  page.dispatchEvent(new Event("pagehide"));
  expect(memory.request).toBeUndefined();
});
