/** What the browser reports about the network and the page. In Node.js nothing ever happens. */
export interface Surroundings {
  isOnline(): boolean;
  /** Trying again at once may succeed: the network is back, or the user looks at the page again. */
  onWake(handler: () => void): void;
  /** The device may have another address now. */
  onNetworkChange(handler: () => void): void;
  /** The page is being left; it may come back from the browser's cache. */
  onLeave(handler: () => void): void;
  onReturn(handler: () => void): void;
  /** Reports nothing more. */
  dispose(): void;
}

/** What some browsers report about the network (Network Information API). */
interface Network extends EventTarget {
  /** Such as `wifi` or `cellular`; missing on desktops. */
  readonly type?: string;
}

export function createSurroundings(): Surroundings {
  const ends = new AbortController();
  const page: Document | undefined = globalThis.document;
  // Workers have no document, but they hear about the network.
  const scope = typeof addEventListener === "function" ? globalThis : undefined;
  const hear = (target: EventTarget | undefined, type: string, handler: (event: Event) => void): void =>
    target?.addEventListener(type, handler, { signal: ends.signal });
  const browser: { onLine?: boolean; connection?: Network } | undefined = globalThis.navigator;
  const network = browser?.connection;

  return {
    isOnline: () => browser?.onLine !== false,
    onWake(handler) {
      hear(scope, "online", handler);
      hear(page, "visibilitychange", () => {
        if (page?.visibilityState === "visible") {
          handler();
        }
      });
    },
    onNetworkChange(handler) {
      hear(scope, "online", handler);
      // It also fires for every new estimate of the speed, and where there is no type, for nothing else.
      let type = network?.type;
      hear(network, "change", () => {
        if (network?.type !== type) {
          type = network?.type;
          handler();
        }
      });
    },
    onLeave: (handler) => hear(page && scope, "pagehide", handler),
    onReturn: (handler) =>
      hear(page && scope, "pageshow", (event) => {
        if ((event as PageTransitionEvent).persisted) {
          handler();
        }
      }),
    dispose: () => ends.abort(),
  };
}
