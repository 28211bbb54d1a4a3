/** Calls back every ten seconds, in hidden pages too; returns how to end it. */
export type StartHeartbeat = (beat: () => void) => () => void;

const script = "setInterval(()=>postMessage(0),10000)";

/**
 * Browsers slow the timers of hidden pages down to one tick a minute, and the node would take the page for dead;
 * timers in a worker keep their pace.
 * @param address a script that posts a message every ten seconds, for pages whose policy forbids `blob:` workers;
 * false for no worker
 */
export function createHeartbeat(address: string | URL | false | undefined): StartHeartbeat {
  return (beat) => {
    if (address === false || !globalThis.Worker) {
      return () => undefined;
    }
    let url: string | URL | undefined = address;
    try {
      url ??= URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
      const worker = new Worker(url);
      worker.onmessage = beat;
      return () => worker.terminate();
    } catch {
      // The page's policy forbids it: then hidden pages reconnect when they are shown again.
      return () => undefined;
    } finally {
      if (address === undefined && typeof url === "string") {
        URL.revokeObjectURL(url);
      }
    }
  };
}
