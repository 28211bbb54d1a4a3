import { vi } from "vitest";

/** What the calls use of an RTCPeerConnection: it does as it is told, and what is told is there to be seen. */
export class Connection {
  static made: Connection[] = [];

  connectionState = "new";
  signalingState = "stable";
  localDescription: { type: string; sdp: string; toJSON(): object } | null = null;
  remoteDescription: { type: string; sdp: string } | null = null;
  onnegotiationneeded: (() => Promise<void>) | null = null;
  onicecandidate: ((event: { candidate: { toJSON(): RTCIceCandidateInit } }) => void) | null = null;
  onconnectionstatechange: (() => void) | null = null;
  ondatachannel: ((event: { channel: Channel }) => void) | null = null;
  /** What was done, oldest first. */
  readonly done: string[] = [];
  readonly channels: Channel[] = [];
  readonly sent: (MediaStreamTrack | null)[] = [];
  #operations = Promise.resolve();

  constructor() {
    Connection.made.push(this);
  }

  createDataChannel(label: string): Channel {
    const channel = new Channel(label);
    this.channels.push(channel);
    return channel;
  }

  addTrack(track: MediaStreamTrack): void {
    this.sent.push(track);
  }

  getSenders(): object[] {
    return this.sent.map((track) => ({ track }));
  }

  getTransceivers(): object[] {
    return this.sent.map((track) => ({ direction: "sendrecv", sender: { track } }));
  }

  /** As in browsers, each waits for the one before, and an offer or an answer is made as the state asks for it. */
  setLocalDescription(description?: RTCSessionDescriptionInit): Promise<void> {
    return this.#next(() => {
      if (description?.type === "rollback") {
        this.done.push("rollback");
        this.signalingState = "stable";
        return;
      }
      const type = this.signalingState === "have-remote-offer" ? "answer" : "offer";
      const sdp = `${type} ${this.done.length}`;
      this.done.push(type);
      this.signalingState = type === "answer" ? "stable" : "have-local-offer";
      this.localDescription = { type, sdp, toJSON: () => ({ type, sdp }) };
    });
  }

  setRemoteDescription({ type, sdp = "" }: RTCSessionDescriptionInit): Promise<void> {
    return this.#next(() => {
      this.done.push(`remote ${type}`);
      this.signalingState = type === "answer" ? "stable" : "have-remote-offer";
      this.remoteDescription = { type, sdp };
    });
  }

  addIceCandidate(_: RTCIceCandidateInit): Promise<void> {
    return this.#next(() => void this.done.push("candidate"));
  }

  restartIce(): void {
    this.done.push("restart");
  }

  close(): void {
    this.connectionState = this.signalingState = "closed";
  }

  becomes(state: string): void {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }

  #next(operation: () => void): Promise<void> {
    return (this.#operations = this.#operations.then(() => new Promise((done) => setTimeout(done, 1))).then(operation));
  }
}

/** A data channel; as the specification has it, it hears nothing when its connection is closed here. */
export class Channel extends EventTarget {
  readyState = "connecting";

  constructor(readonly label: string) {
    super();
  }

  becomes(state: "open" | "closed"): void {
    this.readyState = state;
    this.dispatchEvent(new Event(state === "open" ? "open" : "close"));
  }
}

/** Gives the page the connections of this file, until `vi.unstubAllGlobals()`. */
export function stubWebRtc(connection: unknown = Connection): void {
  Connection.made = [];
  vi.stubGlobal("RTCPeerConnection", connection);
  vi.stubGlobal(
    "MediaStream",
    class {
      addTrack(): void {}
    },
  );
}
