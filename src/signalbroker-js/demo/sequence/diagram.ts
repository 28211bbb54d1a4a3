import { byId, make } from "../page/dom";
import { createChapterRow, createStepRow, makeSvg, setAll, type Columns, type Row, type StepRow } from "./arrow";
import { createLanes } from "./lanes";
import { createRecent } from "./recent";
import type { SequenceView, Step } from "./sequence";
import { stepWords } from "./words";

const keptRows = 150;
const timesEnd = 46;

interface Shown {
  row: Row;
  words: HTMLLIElement;
  /** Undefined for a chapter. */
  step?: Step;
}

type ShownStep = StepRow & { words: HTMLLIElement };

/** The sequence diagram: it draws each arrow as it happens, and tells the same in words. */
export function createDiagram(): SequenceView {
  const box = byId("sequence-box", HTMLElement);
  const drawing = byId("sequence", SVGSVGElement);
  const words = byId("sequence-words", HTMLOListElement);
  const other = byId("sequence-other", HTMLElement);
  const third = byId("sequence-third", HTMLElement);
  const parties = byId("sequence-parties", HTMLElement);
  const lifelines = [1, 2, 3, 4].map(() => makeSvg("line", "lifeline"));
  const lanes = createLanes();
  const steps = createRecent<ShownStep>();
  let shown: Shown[] = [];
  let columns: Columns = { width: 0, times: timesEnd, me: 0, broker: 0, peer: 0, third: 0 };
  let following = true;

  drawing.append(...lifelines);
  box.addEventListener("scroll", () => {
    following = box.scrollHeight - box.scrollTop - box.clientHeight < 40;
  });
  byId("sequence-clear", HTMLButtonElement).addEventListener("click", clear);
  showWordsOnDemand(box);
  new ResizeObserver(() => layOut()).observe(box);

  return {
    begin(title, peer) {
      if (peer !== undefined) {
        lanes.about(peer);
      }
      add({ row: createChapterRow(title), words: make("li", "chapter-words", title) });
    },
    show(step) {
      const known = steps.get(step.id);
      if (known) {
        known.update();
        known.words.textContent = stepWords(step);
      } else if (steps.isNew(step.id)) {
        addStep(step);
      }
    },
  };

  function addStep(step: Step): void {
    const row = createStepRow(step, lanes);
    const item = make("li", "", stepWords(step));
    steps.add(step.id, { ...row, words: item });
    add({ row, words: item, step });
  }

  function add(next: Shown): void {
    shown.push(next);
    drawing.append(next.row.element);
    words.append(next.words);
    if (shown.length > keptRows) {
      remove(shown.shift());
    }
    layOut();
  }

  function remove(gone: Shown | undefined): void {
    gone?.row.element.remove();
    gone?.words.remove();
    if (gone?.step !== undefined) {
      steps.drop(gone.step.id);
    }
  }

  function clear(): void {
    shown.forEach(remove);
    shown = [];
    layOut();
  }

  function layOut(): void {
    lanes.use(shown.flatMap(({ step }) => step ?? []));
    showName(other, lanes.peer || "the other");
    showName(third, lanes.third);
    const count = lanes.third === undefined ? 3 : 4;
    parties.style.setProperty("--lanes", String(count));
    const width = drawing.clientWidth;
    const lane = (width - timesEnd) / count;
    const [me = 0, broker = 0, peer = 0, last = 0] = lifelines.map((_, index) => timesEnd + lane * (index + 0.5));
    columns = { width, times: timesEnd, me, broker, peer, third: last };
    let top = 0;
    for (const { row } of shown) {
      row.place(columns, top);
      top += row.height;
    }
    setAll(drawing, { height: top + 12 });
    [me, broker, peer, last].forEach((x, index) => {
      const line = lifelines[index];
      if (line) {
        setAll(line, { x1: x, x2: x, y1: 0, y2: index < count ? top + 12 : 0 });
      }
    });
    box.classList.toggle("blank", shown.length === 0);
    if (following) {
      box.scrollTop = box.scrollHeight;
    }
  }
}

function showName(element: HTMLElement, name: string | undefined): void {
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
