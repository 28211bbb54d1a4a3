import { byId } from "../page/dom";
import type { Mutes } from "./mutes";

/** The two pictures of a call. */
export function createScreen() {
  const stage = byId("stage", HTMLElement);
  const other = byId("remote-video", HTMLVideoElement);
  const own = byId("own-video", HTMLVideoElement);
  const portrait = byId("portrait", HTMLElement);
  const ownNote = byId("own-note", HTMLElement);
  const note = byId("screen-note", HTMLElement);
  let ends = new AbortController();

  return {
    /** Shows this person's own picture, if there is a camera. */
    showOwn(media: MediaStream | undefined): void {
      own.srcObject = media ?? null;
      own.hidden = !media?.getVideoTracks().length;
    },
    /** Shows what the other sends, as soon as there is something. */
    showOther(name: string, stream: MediaStream, onFirstFrame: () => void): void {
      ends.abort();
      ends = new AbortController();
      other.srcObject = stream;
      other.setAttribute("aria-label", `Video of ${name}`);
      portrait.textContent = name.slice(0, 1).toUpperCase();
      const { signal } = ends;
      whenSeen(other, () => {
        if (!signal.aborted) {
          stage.classList.add("has-picture");
          onFirstFrame();
        }
      });
      stream.addEventListener("addtrack", () => void play(other, signal), { signal });
      void play(other, signal);
    },
    /** Shows what this person has switched off. */
    showOwnMutes({ camera }: Mutes): void {
      ownNote.hidden = !camera || own.hidden;
    },
    showMutes,
    clear(): void {
      ends.abort();
      own.srcObject = other.srcObject = null;
      own.hidden = ownNote.hidden = true;
      showMutes({ microphone: false, camera: false });
      stage.classList.remove("has-picture");
    },
  };

  /** Shows what the other has switched off. */
  function showMutes({ microphone, camera }: Mutes): void {
    const off = [...(camera ? ["Camera off"] : []), ...(microphone ? ["Microphone off"] : [])];
    stage.classList.toggle("camera-off", camera);
    note.textContent = off.join(" · ");
  }
}

/** Calls back when the first frame is on the screen; where browsers don't say so, when it is there to be shown. */
function whenSeen(video: HTMLVideoElement, then: () => void): void {
  if ("requestVideoFrameCallback" in video) {
    video.requestVideoFrameCallback(then);
  } else {
    (video as HTMLVideoElement).addEventListener("loadeddata", then, { once: true });
  }
}

/** Without a gesture before it browsers forbid sound: then the picture goes on, and the next gesture turns sound on. */
async function play(video: HTMLVideoElement, signal: AbortSignal): Promise<void> {
  try {
    await video.play();
  } catch (error) {
    if (error instanceof DOMException && error.name === "NotAllowedError") {
      video.muted = true;
      addEventListener("pointerdown", () => (video.muted = false), { once: true, signal });
      await video.play().catch(() => undefined);
    }
  }
}
