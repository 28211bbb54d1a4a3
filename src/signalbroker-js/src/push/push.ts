import { asSignalBrokerError, SignalBrokerError } from "../base/errors.js";
import { basic, type Http } from "../base/http.js";
import { textOf } from "../base/json.js";
import type { Session } from "../listening/session.js";

/** What a push contains. */
export interface PushOptions {
  /** Whether it carries the newest signal, which only this browser can decrypt; otherwise it says how many wait. */
  content?: boolean;
}

/** What a client can do about pushes (Web Push). */
export interface PushClient {
  /**
   * Lets the server push to this browser when a stored signal waits and the user does not listen. Asks the user for
   * permission if it has not been given; call it again at every start, to renew what has changed meanwhile.
   * @throws SignalBrokerError `no-push`, `push-denied`, `push-failed`, `push-off`, or whatever the webapp says
   */
  enablePush(registration: ServiceWorkerRegistration, options?: PushOptions): Promise<void>;

  /** Ends the pushes; do so before another user takes over the browser. */
  disablePush(registration: ServiceWorkerRegistration): Promise<void>;
}

/** @param session the session that listens now, if there is one */
export function createPush(http: Http, session: () => Session | undefined): PushClient {
  function ask(method: "PUT" | "DELETE", body: unknown): Promise<unknown> {
    const current = session();
    if (!current) {
      throw new SignalBrokerError("unauthorized", "Nothing listens at the moment.");
    }
    return http.request(method, "push/subscriptions", { body, authorization: basic(current) });
  }

  return {
    async enablePush(registration, { content = false } = {}) {
      const manager = managerOf(registration);
      const key = bytesOf(textOf(await http.request("GET", "push/key"), "publicKey") ?? "");
      const subscription = await subscribe(manager, key);
      await ask("PUT", { ...subscription.toJSON(), content });
    },

    async disablePush(registration) {
      const subscription = await managerOf(registration).getSubscription();
      if (subscription) {
        // The server first: a browser that has dropped its subscription can't say which one it was.
        await ask("DELETE", { endpoint: subscription.endpoint });
        await subscription.unsubscribe();
      }
    },
  };
}

function managerOf({ pushManager }: Partial<ServiceWorkerRegistration>): PushManager {
  if (!pushManager) {
    throw new SignalBrokerError("no-push", "This browser takes no pushes.");
  }
  return pushManager;
}

async function subscribe(manager: PushManager, key: Uint8Array<ArrayBuffer>): Promise<PushSubscription> {
  try {
    const known = await manager.getSubscription();
    if (known && !isSame(known.options.applicationServerKey, key)) {
      // The server's key has changed: nobody can push to this subscription any more.
      await known.unsubscribe();
    }
    return await manager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  } catch (error) {
    const isDenied = error instanceof Error && error.name === "NotAllowedError";
    throw asSignalBrokerError(error, isDenied ? "push-denied" : "push-failed");
  }
}

function isSame(buffer: ArrayBuffer | null, key: Uint8Array): boolean {
  return buffer !== null && String(new Uint8Array(buffer)) === String(key);
}

/** Decodes base64url; older browsers take no text for a key. */
function bytesOf(base64url: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64url.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
