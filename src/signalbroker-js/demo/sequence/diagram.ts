import { byId, make } from "../page/dom";
import { createChapterRow, createStepRow, makeSvg, setAll, type Columns, type Row, type StepRow } from "./arrow";
import { createLanes } from "./lanes";
import type { SequenceView, Step } from "./sequence";
import { stepWords } from "./words";

const keptRows = 150;
const timesEnd = 46;

/** A row of the diagram, and the same in words. */
type Shown = { words: HTMLLIElement } & ({ row: Row; step?: undefined } | { row: StepRow; step: Step });

/** The sequence diagram: it draws each arrow as it happens, and tells the same in words. */
export function createDiagram(): SequenceView {
  const box = byId("sequence-box", HTMLElement);
  const drawing = byId("sequence", SVGSVGElement);
  const words = byId("sequence-words", HTMLOListElement);
  const lifelines = [1, 2, 3, 4].map(() => makeSvg("line", "lifeline"));
  const lanes = createLanes();
  let shown: Shown[] = [];
  let newestStep = 0;
  let following = true;

  drawing.append(...lifelines);
  box.addEventListener("scroll", () => {
    following = box.scrollHeight - box.scrollTop - box.clientHeight < 40;
  });
  byId("sequence-clear", HTMLButtonElement).addEventListener("click", () => {
    shown.forEach(remove);
    shown = [];
    layOut();
  });
  showWordsOnDemand(box);
  new ResizeObserver(() => layOut()).observe(box);

  return {
    begin(title, peer) {
      lanes.peer = peer ?? lanes.peer;
      add({ row: createChapterRow(title), words: make("li", "chapter-words", title) });
    },
    show(step) {
      const known = shown.find((one) => one.step === step);
      if (known?.step) {
        known.row.update();
        known.words.textContent = stepWords(step);
      } else if (step.id > newestStep) {
        // One that has been removed does not come back.
        newestStep = step.id;
        add({ row: createStepRow(step, lanes), words: make("li", "", stepWords(step)), step });
      }
    },
  };

  function add(next: Shown): void {
    shown.push(next);
    drawing.append(next.row.element);
    words.append(next.words);
    shown.splice(0, shown.length - keptRows).forEach(remove);
    layOut();
  }

  function layOut(): void {
    lanes.use(shown.flatMap(({ step }) => step ?? []));
    showName("sequence-other", lanes.peer || "the other");
    showName("sequence-third", lanes.third);
    const count = lanes.third === undefined ? 3 : 4;
    byId("sequence-parties", HTMLElement).style.setProperty("--lanes", String(count));
    const columns = columnsOf(drawing.clientWidth, count);
    let top = 0;
    for (const { row } of shown) {
      row.place(columns, top);
      top += row.height;
    }
    const { me, broker, peer, third } = columns;
    const height = top + 12;
    setAll(drawing, { height });
    [me, broker, peer, third].forEach((x, index) => {
      setAll(lifelines[index], { x1: x, x2: x, y1: 0, y2: index < count ? height : 0 });
    });
    if (following) {
      box.scrollTop = box.scrollHeight;
    }
  }
}

function remove({ row, words }: Shown): void {
  row.element.remove();
  words.remove();
}

function columnsOf(width: number, count: number): Columns {
  const lane = (width - timesEnd) / count;
  const at = (index: number): number => timesEnd + lane * (index + 0.5);
  return { width, times: timesEnd, me: at(0), broker: at(1), peer: at(2), third: at(3) };
}

function showName(id: string, name: string | undefined): void {
  const element = byId(id, HTMLElement);
  element.hidden = name === undefined;
  element.textContent = element.title = name ?? "";
}

function showWordsOnDemand(box: HTMLElement): void {
  const button = byId("in-words", HTMLButtonElement);
  button.addEventListener("click", () => {
    const inWords = box.classList.toggle("in-words");
    button.setAttribute("aria-pressed", String(inWords));
  });
}
