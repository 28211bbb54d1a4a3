/** What a person brings into a call; either may be missing. */
export interface Wanted {
  audio: boolean;
  video: boolean;
}

/**
 * Opens camera and microphone; where there is no camera, the microphone alone.
 * @throws Error with a sentence for the person
 */
export async function openMedia({ audio, video }: Wanted): Promise<MediaStream> {
  if (!("mediaDevices" in navigator)) {
    throw new Error("Browsers give camera and microphone only to pages that came over https.");
  }
  const camera = { width: { ideal: 1280 }, height: { ideal: 720 } };
  try {
    return await navigator.mediaDevices.getUserMedia({ audio, video: video && camera });
  } catch (error) {
    const name = error instanceof DOMException ? error.name : "";
    if (audio && video && name === "NotFoundError") {
      return openMedia({ audio, video: false });
    }
    throw new Error(sentences[name] ?? `Camera or microphone can't be used (${String(error)}).`);
  }
}

const sentences: Readonly<Record<string, string>> = {
  NotAllowedError: "The browser was not allowed to use camera and microphone.",
  NotFoundError: "There is no camera or microphone here.",
  NotReadableError: "Another program is using the camera or the microphone.",
};

/** Switches camera and microphone off for good. */
export function closeMedia(media: MediaStream | undefined): void {
  media?.getTracks().forEach((track) => track.stop());
}
