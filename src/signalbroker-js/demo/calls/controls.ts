import { byId } from "../page/dom";
import type { Mutes } from "./mutes";

/**
 * The buttons of a call: mute, camera off, hang up.
 * @param onMuted something was switched off, or on again
 */
export function createControls(hangUp: () => void, onMuted: (mutes: Mutes) => void) {
  const mute = byId("mute", HTMLButtonElement);
  const camera = byId("camera", HTMLButtonElement);
  let media: MediaStream | undefined;

  mute.addEventListener("click", () => toggle(mute, media?.getAudioTracks()));
  camera.addEventListener("click", () => toggle(camera, media?.getVideoTracks()));
  byId("hang-up", HTMLButtonElement).addEventListener("click", hangUp);

  return {
    mutes,
    /** Offers what this media can do; nothing is muted at the beginning. */
    use(next: MediaStream | undefined): void {
      media = next;
      offer(mute, next?.getAudioTracks());
      offer(camera, next?.getVideoTracks());
      onMuted(mutes());
    },
  };

  function mutes(): Mutes {
    return { microphone: isPressed(mute), camera: isPressed(camera) };
  }

  function toggle(button: HTMLButtonElement, tracks: MediaStreamTrack[] = []): void {
    const off = !isPressed(button);
    button.setAttribute("aria-pressed", String(off));
    tracks.forEach((track) => (track.enabled = !off));
    onMuted(mutes());
  }
}

function offer(button: HTMLButtonElement, tracks: MediaStreamTrack[] = []): void {
  button.hidden = tracks.length === 0;
  button.setAttribute("aria-pressed", "false");
}

function isPressed(button: HTMLButtonElement): boolean {
  return button.getAttribute("aria-pressed") === "true";
}
