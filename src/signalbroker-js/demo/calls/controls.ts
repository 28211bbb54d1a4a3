import { byId } from "../page/dom";

/** The buttons of a call: mute, camera off, hang up. */
export interface Controls {
  /** Offers what this media can do; nothing is muted at the beginning. */
  use(media: MediaStream | undefined): void;
}

export function createControls(onHangUp: () => void): Controls {
  const mute = byId("mute", HTMLButtonElement);
  const camera = byId("camera", HTMLButtonElement);
  let media: MediaStream | undefined;

  mute.addEventListener("click", () => toggle(mute, media?.getAudioTracks()));
  camera.addEventListener("click", () => {
    toggle(camera, media?.getVideoTracks());
    byId("own-video", HTMLVideoElement).classList.toggle("off", isPressed(camera));
  });
  byId("hang-up", HTMLButtonElement).addEventListener("click", onHangUp);

  return {
    use(next) {
      media = next;
      offer(mute, next?.getAudioTracks());
      offer(camera, next?.getVideoTracks());
      byId("own-video", HTMLVideoElement).classList.remove("off");
    },
  };
}

function offer(button: HTMLButtonElement, tracks: MediaStreamTrack[] = []): void {
  button.hidden = tracks.length === 0;
  button.setAttribute("aria-pressed", "false");
}

function toggle(button: HTMLButtonElement, tracks: MediaStreamTrack[] = []): void {
  const off = !isPressed(button);
  button.setAttribute("aria-pressed", String(off));
  for (const track of tracks) {
    track.enabled = !off;
  }
}

function isPressed(button: HTMLButtonElement): boolean {
  return button.getAttribute("aria-pressed") === "true";
}
