import { expect, it } from "vitest";
import { createHttp } from "../../src/base/http";
import type { Session } from "../../src/listening/session";
import { createPush } from "../../src/push/push";

const publicKey = "BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs";
const bytes = Uint8Array.from(atob(publicKey.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const session = { listeningKey: "s.1", passcode: "p" } as Session;
const keys = { p256dh: "point", auth: "secret" };

/** A browser that may have a subscription, with this key, already. */
function browser(knownKey?: Uint8Array<ArrayBuffer>, refusal?: Error) {
  const told: string[] = [];
  let current = knownKey && subscriptionWith(knownKey, "https://push.example/old");

  function subscriptionWith(key: Uint8Array<ArrayBuffer>, endpoint: string) {
    return {
      endpoint,
      options: { applicationServerKey: key.buffer, userVisibleOnly: true },
      toJSON: () => ({ endpoint, expirationTime: null, keys }),
      unsubscribe: () => {
        told.push("unsubscribe");
        current = undefined;
        return Promise.resolve(true);
      },
    };
  }

  const pushManager = {
    getSubscription: () => Promise.resolve(current ?? null),
    subscribe({ applicationServerKey, userVisibleOnly }: PushSubscriptionOptionsInit) {
      if (refusal) {
        return Promise.reject(refusal);
      }
      const key = applicationServerKey as Uint8Array<ArrayBuffer>;
      told.push(`subscribe ${String(userVisibleOnly)} ${String(key)}`);
      current ??= subscriptionWith(key, "https://push.example/new");
      return Promise.resolve(current);
    },
  };
  return { told, registration: { pushManager } as unknown as ServiceWorkerRegistration };
}

/** A webapp that notes what it is asked. */
function webapp(answer = () => Response.json({ publicKey })) {
  const asked: string[] = [];
  const http = createHttp("https://signal.example/", (url, init) => {
    const authorization = new Headers(init?.headers).get("Authorization") ?? "-";
    asked.push(`${init?.method ?? ""} ${String(url)} ${authorization} ${String(init?.body)}`);
    return Promise.resolve(init?.method === "GET" ? answer() : new Response(null, { status: 204 }));
  });
  return { asked, push: createPush(http, () => session), away: createPush(http, () => undefined) };
}

const put = (endpoint: string, content: boolean): string => {
  const body = JSON.stringify({ endpoint, expirationTime: null, keys, content });
  return `PUT https://signal.example/push/subscriptions Basic ${btoa("s.1:p")} ${body}`;
};

it("subscribes with the server's key, and tells the server", async () => {
  const { told, registration } = browser();
  const { asked, push } = webapp();
  await push.enablePush(registration);
  expect(told).toEqual([`subscribe true ${String(bytes)}`]);
  expect(asked).toEqual([
    "GET https://signal.example/push/key - undefined",
    put("https://push.example/new", false),
  ]);
});

it("keeps a subscription that was made with the same key", async () => {
  const { told, registration } = browser(bytes);
  const { asked, push } = webapp();
  await push.enablePush(registration, { content: true });
  expect(told).not.toContain("unsubscribe");
  expect(asked[1]).toBe(put("https://push.example/old", true));
});

it("gives up a subscription that was made with another key", async () => {
  const { told, registration } = browser(bytes.slice().reverse());
  const { asked, push } = webapp();
  await push.enablePush(registration);
  expect(told).toEqual(["unsubscribe", `subscribe true ${String(bytes)}`]);
  expect(asked[1]).toBe(put("https://push.example/new", false));
});

it("ends a subscription on the server and in the browser", async () => {
  const { told, registration } = browser(bytes);
  const { asked, push } = webapp();
  await push.disablePush(registration);
  await push.disablePush(registration);
  expect(told).toEqual(["unsubscribe"]);
  expect(asked).toHaveLength(1);
  expect(asked[0]).toContain("DELETE https://signal.example/push/subscriptions");
  expect(asked[0]).toContain('{"endpoint":"https://push.example/old"}');
});

it("says why there are no pushes", async () => {
  const denied = Object.assign(new Error("No."), { name: "NotAllowedError" });
  const { push, away } = webapp();
  const off = webapp(() => Response.json({ code: "push-off" }, { status: 404 })).push;
  const codeOf = (promise: Promise<void>) => promise.then(() => "", ({ code }: { code: string }) => code);
  expect(await codeOf(push.enablePush({} as ServiceWorkerRegistration))).toBe("no-push");
  expect(await codeOf(push.enablePush(browser(undefined, denied).registration))).toBe("push-denied");
  expect(await codeOf(push.enablePush(browser(undefined, new Error("AbortError")).registration))).toBe("push-failed");
  expect(await codeOf(away.enablePush(browser().registration))).toBe("unauthorized");
  expect(await codeOf(off.enablePush(browser().registration))).toBe("push-off");
});
