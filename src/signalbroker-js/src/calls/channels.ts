import { createEmitter, type Unsubscribe } from "../emitter.js";

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
  const arrived: RTCDataChannel[] = [];
  const opened: RTCDataChannel[] = [];
  let waiting: Waiting[] = [];
  let failure: Error | undefined;

  connection.ondatachannel = ({ channel }) => {
    arrived.push(channel);
    incoming.emit(channel);
    watch(channel);
  };

  return {
    get: (label) =>
      new Promise((resolve, reject) => {
        const found = opened.find((channel) => channel.label === label && channel.readyState === "open");
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
        channel.addEventListener("open", () => resolve(channel), { once: true });
        channel.addEventListener("close", () => reject(failure ?? new Error("The channel closed.")), { once: true });
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
      waiting = [];
    },
  };

  function watch(channel: RTCDataChannel): void {
    if (channel.readyState === "open") {
      isOpen(channel);
    } else {
      channel.addEventListener("open", () => isOpen(channel), { once: true });
    }
  }

  function isOpen(channel: RTCDataChannel): void {
    opened.push(channel);
    const mine = waiting.filter(({ label }) => label === channel.label);
    waiting = waiting.filter(({ label }) => label !== channel.label);
    for (const { resolve } of mine) {
      resolve(channel);
    }
  }
}
