import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { SignInRequest } from "../../demo/signIn/options";
import { createSignIn, type PageState, type SignIn } from "../../demo/signIn/signIn";

const given: SignInRequest = {
  userId: "anonymous.1",
  isGiven: true,
  device: undefined,
  token: undefined,
  listen: "sse",
  send: "http",
  relayOnly: false,
};
let askedFor: unknown[];
let states: PageState[];
let signIn: SignIn;

/** A webapp where names take a token: it lets in whoever brings no name, under a new one. */
async function answer(address: string, { body, signal }: RequestInit): Promise<Response> {
  const { pathname } = new URL(address);
  if (pathname !== "/connect") {
    // The stream lasts as long as the client listens.
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        signal?.addEventListener("abort", () => controller.error(signal.reason));
        controller.enqueue(new TextEncoder().encode(": listening\n\n"));
      },
    });
    return pathname === "/listen"
      ? new Response(stream, { headers: { "Content-Type": "text/event-stream" } })
      : new Response(null, { status: 204 });
  }
  const { userId } = JSON.parse(String(body)) as { userId?: string };
  askedFor.push(userId);
  return userId === undefined
    ? Response.json({ userId: "anonymous.2", listeningAddress: "ws://node/ws", listeningKey: "s.2", passcode: "p" })
    : Response.json({ code: "token-missing", detail: "Bring a token." }, { status: 401 });
}

const reaches = (state: object): Promise<unknown> =>
  vi.waitFor(() => expect(states.at(-1)).toMatchObject(state), { timeout: 10_000 });

beforeEach(() => {
  askedFor = [];
  states = [];
  vi.stubGlobal("location", new URL("https://signal.example/demo"));
  vi.stubGlobal("fetch", (address: string, init: RequestInit) => answer(address, init));
  signIn = createSignIn({
    wire: { record: () => undefined, heartbeat: () => undefined },
    onState: (state) => states.push(state),
    onClient: () => undefined,
  });
});

afterEach(() => {
  signIn.end();
  vi.unstubAllGlobals();
});

it("takes another given name where names take a token by now, and never shows the person as signed out", async () => {
  signIn.begin(given);
  await reaches({ name: "listening", session: { userId: "anonymous.2" } });
  expect(askedFor).toEqual(["anonymous.1", undefined]);
  expect(states.map(({ name }) => name)).not.toContain("signed-out");
  expect(signIn.client?.userId).toBe("anonymous.2");

  signIn.end();
  await reaches({ name: "signed-out" });
});

it("gives up no name that the person chose", async () => {
  signIn.begin({ ...given, isGiven: false });
  await reaches({ name: "signed-out", problem: { code: "token-missing" } });
  expect(askedFor).toEqual(["anonymous.1"]);
});
