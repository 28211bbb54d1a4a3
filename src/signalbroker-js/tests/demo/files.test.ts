import { afterEach, expect, it, vi } from "vitest";
import { receiveFile, sendFile } from "../../demo/talk/files";
import type { Call, CallEnd } from "../../src/index";

/** An open channel that takes everything; as the specification has it, it hears nothing of the end of its connection. */
function openChannel(): RTCDataChannel {
  return Object.assign(new EventTarget(), {
    readyState: "open",
    bufferedAmount: 0,
    bufferedAmountLowThreshold: 0,
    send: () => undefined,
    close: () => undefined,
  }) as unknown as RTCDataChannel;
}

afterEach(() => void vi.unstubAllGlobals());

it("breaks files off when the call ends, although no channel closes", async () => {
  let end: (how: CallEnd) => void = () => undefined;
  const call = {
    ended: new Promise<CallEnd>((resolve) => (end = resolve)),
    openChannel: () => Promise.resolve(openChannel()),
  } as unknown as Call;
  const file = Object.assign(new Blob(["some text"]), { name: "notes.txt" }) as File;
  vi.stubGlobal("isSecureContext", false);

  const sending = sendFile(call, file, () => undefined);
  const receiving = receiveFile(call, openChannel(), { name: "notes.txt", size: 9 }, () => undefined);
  end({ reason: "hung-up" });

  await expect(sending).rejects.toThrow("The call ended");
  await expect(receiving).rejects.toThrow("The call ended");
});
