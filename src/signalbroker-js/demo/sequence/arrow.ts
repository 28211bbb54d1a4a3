import type { Lane, Lanes } from "./lanes";
import type { Step } from "./sequence";
import { timeWords } from "./words";

const svg = "http://www.w3.org/2000/svg";

/** Where the diagram's right edge and the lifelines are, in pixels from the left, and where the times end. */
export interface Columns extends Record<Lane, number> {
  width: number;
  times: number;
}

/** One row of the diagram. */
export interface Row {
  readonly element: SVGGElement;
  readonly height: number;
  place(columns: Columns, top: number): void;
}

export function makeSvg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  className: string,
  attributes: Record<string, string | number> = {},
): SVGElementTagNameMap[K] {
  const element = document.createElementNS(svg, tag);
  element.setAttribute("class", className);
  setAll(element, attributes);
  return element;
}

export function setAll(element: SVGElement | undefined, attributes: Record<string, string | number>): void {
  for (const [name, value] of Object.entries(attributes)) {
    element?.setAttribute(name, String(value));
  }
}

/** The heading of a chapter. */
export function createChapterRow(title: string): Row {
  const element = makeSvg("g", "chapter");
  const rule = makeSvg("line", "chapter-rule");
  const text = makeSvg("text", "chapter-title");
  text.textContent = title;
  element.append(rule, text);
  return {
    element,
    height: 40,
    place({ width }, top) {
      setAll(rule, { x1: 0, x2: width, y1: top + 8, y2: top + 8 });
      setAll(text, { x: 0, y: top + 28 });
    },
  };
}

export interface StepRow extends Row {
  update(): void;
}

/** An arrow with its time and its label. A signal passes the broker, and the second half is drawn when it has it. */
export function createStepRow(step: Step, lanes: Lanes): StepRow {
  const element = makeSvg("g", "step");
  const time = makeSvg("text", "step-time");
  const label = makeSvg("text", "step-label");
  const first = makeSvg("line", "shaft", { pathLength: 1 });
  const second = makeSvg("line", "shaft then", { pathLength: 1 });
  const stop = makeSvg("circle", "stop", { r: 3.5 });
  const heads = [makeSvg("path", "head"), makeSvg("path", "head")];
  const passes = step.from !== "broker" && step.to !== "broker" && step.tone !== "direct";
  const isStopped = (): boolean => passes && (step.tone === "pending" || step.tone === "fault");
  let columns: Columns | undefined;
  let top = 0;
  element.append(time, first, second, stop, ...heads, label);
  update();
  return { element, height: 34, place, update };

  function update(): void {
    element.setAttribute("class", `step ${step.tone} ${passes ? "passes" : ""}`);
    element.dataset["label"] = step.label;
    element.dataset["tone"] = step.tone;
    element.dataset["at"] = String(Math.round(step.at));
    second.style.display = passes && !isStopped() ? "" : "none";
    time.textContent = timeWords(step.at);
    if (columns) {
      place(columns, top);
    }
  }

  function place(at: Columns, y: number): void {
    columns = at;
    top = y;
    const line = y + 26;
    const { from, to } = lanes.endsOf(step);
    const end = isStopped() ? "broker" : to;
    const middle = passes ? at.broker : at[end];
    element.dataset["from"] = from;
    element.dataset["to"] = to;
    label.textContent = lanes.labelOf(step) + (step.tone === "fault" && step.outcome ? ` · ${step.outcome.words}` : "");
    setAll(time, { x: at.times, y: line + 4 });
    setAll(label, { x: (at[from] + at[to]) / 2, y: line - 7 });
    setAll(first, { x1: at[from], x2: middle, y1: line, y2: line });
    setAll(second, { x1: at.broker, x2: at[to], y1: line, y2: line });
    setAll(stop, { cx: at.broker, cy: line });
    const direction = Math.sign(at[to] - at[from]);
    heads[0]?.setAttribute("d", headAt(at[end], line, direction));
    heads[1]?.setAttribute("d", step.tone === "direct" && from === "me" ? headAt(at.me, line, -direction) : "");
  }
}

function headAt(x: number, y: number, direction: number): string {
  const back = x - direction * 8;
  return `M${x} ${y} L${back} ${y - 4.5} L${back} ${y + 4.5} Z`;
}
