import { createEmitter, type Unsubscribe } from "../base/emitter.js";
import type { CallMedia } from "./options.js";
import type { Role } from "./proof.js";

/** Somebody who waits for a channel to open. */
interface Waiting {
  label: string;
  /** The only one that will do; any of this label if undefined. */
  channel: RTCDataChannel | undefined;
  resolve(channel: RTCDataChannel): void;
  reject(error: Error): void;
}

/** The data channels of one connection, by label. */
export function createChannels(connection: RTCPeerConnection) {
  const incoming = createEmitter<RTCDataChannel>();
  const arrived = new Set<RTCDataChannel>();
  const opened = new Set<RTCDataChannel>();
  const waiting = new Set<Waiting>();
  let failure: Error | undefined;

  connection.ondatachannel = ({ channel }) => {
    arrived.add(channel);
    incoming.emit(channel);
    watch(channel);
  };

  return {
    /** The first open channel of this label, once there is one. */
    async get(label: string): Promise<RTCDataChannel> {
      const found = [...opened].find((channel) => channel.label === label && channel.readyState === "open");
      return found ?? whenOpen(label);
    },
    async open(label: string, options?: RTCDataChannelInit): Promise<RTCDataChannel> {
      if (failure) {
        throw failure;
      }
      const channel = connection.createDataChannel(label, options);
      const open = whenOpen(label, channel);
      watch(channel);
      return open;
    },
    onChannel(handler: (channel: RTCDataChannel) => void): Unsubscribe {
      arrived.forEach(handler);
      return incoming.on(handler);
    },
    close(error: Error): void {
      failure = error;
      // By the specification, an end that closes its connection hears nothing from the channels.
      settle(() => true, ({ reject }) => reject(error));
    },
  };

  function whenOpen(label: string, channel?: RTCDataChannel): Promise<RTCDataChannel> {
    return failure
      ? Promise.reject(failure)
      : new Promise((resolve, reject) => waiting.add({ label, channel, resolve, reject }));
  }

  function settle(concerns: (one: Waiting) => boolean, how: (one: Waiting) => void): void {
    for (const one of [...waiting].filter(concerns)) {
      waiting.delete(one);
      how(one);
    }
  }

  function watch(channel: RTCDataChannel): void {
    const isOpen = (): void => {
      opened.add(channel);
      settle(
        (one) => one.label === channel.label && (one.channel ?? channel) === channel,
        ({ resolve }) => resolve(channel),
      );
    };
    channel.addEventListener("close", () => {
      arrived.delete(channel);
      opened.delete(channel);
      settle((one) => one.channel === channel, ({ reject }) => reject(new Error("The channel closed.")));
    });
    if (channel.readyState === "open") {
      isOpen();
    } else {
      channel.addEventListener("open", isOpen, { once: true });
    }
  }
}

/** The labels of the channels that a peer opens. */
export function channelsOf({ media, channels }: CallMedia, role: Role): readonly string[] {
  const labels = channels ?? (media ? [] : ["default"]);
  const bringsNothing = labels.length === 0 && !media?.getTracks().length;
  // Without anything to offer there is no connection over which the callee could send anything.
  return bringsNothing && role === "caller" ? ["default"] : labels;
}
