import { announce } from "../page/announcer";
import { byId, handFocusOn } from "../page/dom";
import { figureWords, pathWords, type Path } from "./path";

/** What the stage says about the call. */
export type StageState = "idle" | "calling" | "connecting" | "connected" | "reconnecting" | "ended";

/** The place where a call is shown. */
export function createStage() {
  const stage = byId("stage", HTMLElement);
  const title = byId("stage-title", HTMLElement);
  const detail = byId("call-state", HTMLElement);
  const path = byId("path", HTMLElement);
  const figures = byId("figures", HTMLElement);
  const duration = byId("duration", HTMLElement);

  return {
    show(state: StageState, heading: string, words: string): void {
      title.textContent = heading;
      detail.textContent = words;
      detail.dataset["state"] = state;
      stage.dataset["call"] = state;
      const isLive = state !== "idle" && state !== "ended";
      stage.classList.toggle("in-call", isLive);
      const controls = byId("controls", HTMLElement);
      if (!isLive) {
        handFocusOn(controls, byId("to", HTMLInputElement));
      }
      controls.hidden = !isLive;
      announce(`${heading}. ${words}`);
    },
    /** Makes room for the pictures. */
    showPicture: (expected: boolean) => void stage.classList.toggle("without-picture", !expected),
    showPath(next: Path | undefined): void {
      path.hidden = figures.hidden = !next;
      if (next) {
        path.dataset["path"] = next.kind;
        setText(path, pathWords(next));
        setText(figures, figureWords(next));
      }
    },
    showDuration(ms: number): void {
      const seconds = Math.floor(ms / 1000);
      duration.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    },
  };
}

export type Stage = ReturnType<typeof createStage>;

function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}
