import { isObject, parseJson } from "../../src/base/json";
import type { Call } from "../../src/index";

/** What a person has switched off. */
export interface Mutes {
  microphone: boolean;
  camera: boolean;
}

/** The label of the channel that tells the other of them: a picture that is off is only black. */
export const mutesLabel = "mutes";

/** Tells the other what is off here, and calls back with what is off there, until the call is over. */
export async function exchangeMutes(
  call: Call,
  own: () => Mutes,
  onTheirs: (theirs: Mutes) => void,
): Promise<() => void> {
  const channel = await call.channel(mutesLabel);
  channel.onmessage = ({ data }) => {
    const mutes = parseJson(String(data));
    if (isObject(mutes)) {
      onTheirs({ microphone: mutes["microphone"] === true, camera: mutes["camera"] === true });
    }
  };
  const tell = (): void => {
    if (channel.readyState === "open") {
      channel.send(JSON.stringify(own()));
    }
  };
  tell();
  return tell;
}
