import { createEmitter, type Unsubscribe } from "../base/emitter.js";
import type { CallMedia } from "./options.js";
import type { Role } from "./proof.js";

/** The data channels of one connection, by label. */
export interface Channels {
  /** The first open channel of this label, once there is one. */
  get(label: string): Promise<RTCDataChannel>;
  open(label: string, options?: RTCDataChannelInit): Promise<RTCDataChannel>;
  onChannel(handler: (channel: RTCDataChannel) => void): Unsubscribe;
  close(error: Error): void;
}

interface Waiting {
  label: string;
  resolve(channel: RTCDataChannel): void;
  reject(error: Error): void;
}

export function createChannels(connection: RTCPeerConnection): Channels {
  const incoming = createEmitter<RTCDataChannel>();
  const arrived = new Set<RTCDataChannel>();
  const opened = new Set<RTCDataChannel>();
  /** What breaks off the opening of each channel that is not open. */
  const opening = new Set<(error: Error) => void>();
  let waiting: Waiting[] = [];
  let failure: Error | undefined;

  connection.ondatachannel = ({ channel }) => {
    arrived.add(channel);
    incoming.emit(channel);
    watch(channel);
  };

  return {
    get: (label) =>
      new Promise((resolve, reject) => {
        const found = [...opened].find((channel) => channel.label === label && channel.readyState === "open");
        if (found) {
          resolve(found);
        } else if (failure) {
          reject(failure);
        } else {
          waiting.push({ label, resolve, reject });
        }
      }),
    open: (label, options) =>
      new Promise((resolve, reject) => {
        if (failure) {
          reject(failure);
          return;
        }
        const channel = connection.createDataChannel(label, options);
        opening.add(reject);
        channel.addEventListener("open", () => {
          opening.delete(reject);
          resolve(channel);
        });
        channel.addEventListener("close", () => {
          opening.delete(reject);
          reject(new Error("The channel closed."));
        });
        watch(channel);
      }),
    onChannel(handler) {
      arrived.forEach(handler);
      return incoming.on(handler);
    },
    close(error) {
      failure = error;
      for (const { reject } of waiting) {
        reject(error);
      }
      // By the specification no channel says that it is closed when its connection is, by this end.
      opening.forEach((reject) => reject(error));
      opening.clear();
      waiting = [];
    },
  };

  function watch(channel: RTCDataChannel): void {
    channel.addEventListener("close", () => {
      arrived.delete(channel);
      opened.delete(channel);
    });
    if (channel.readyState === "open") {
      isOpen(channel);
    } else {
      channel.addEventListener("open", () => isOpen(channel), { once: true });
    }
  }

  function isOpen(channel: RTCDataChannel): void {
    opened.add(channel);
    const mine = waiting.filter(({ label }) => label === channel.label);
    waiting = waiting.filter(({ label }) => label !== channel.label);
    for (const { resolve } of mine) {
      resolve(channel);
    }
  }
}

/** The labels of the channels that a peer opens. */
export function channelsOf({ media, channels }: CallMedia, role: Role): readonly string[] {
  const labels = channels ?? (media ? [] : ["default"]);
  const bringsNothing = labels.length === 0 && !media?.getTracks().length;
  // Without anything to offer there is no connection, over which the callee may send something.
  return bringsNothing && role === "caller" ? ["default"] : labels;
}
