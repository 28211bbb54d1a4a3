/** The element with this id; the page and its scripts are built together, so a missing one is a defect. */
export function byId<T extends Element>(id: string, type: new () => T): T {
  const element = document.getElementById(id);
  if (!(element instanceof type)) {
    throw new Error(`The page has no ${type.name} #${id}`);
  }
  return element;
}

/** Makes an element with a class and children; text is never read as HTML. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = "",
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  element.className = className;
  element.append(...children);
  return element;
}

/** The time of day, to the second. */
export function clockTime(date: Date): HTMLTimeElement {
  const element = make("time", "", date.toLocaleTimeString([], { hour12: false }));
  element.dateTime = date.toISOString();
  return element;
}

/** Shows whether a button does anything. Not `disabled`: it would lose the keyboard's focus each time. */
export function enable(button: HTMLElement, enabled: boolean): void {
  button.setAttribute("aria-disabled", String(!enabled));
}

/** Moves the focus on, if what has it is about to vanish; else it stays with what the person is doing. */
export function handFocusOn(from: Element, to: HTMLElement): void {
  if (from.contains(document.activeElement)) {
    to.focus();
  }
}

/** Whoever has just written something is still writing. */
const writingMs = 2000;

/** Says whether the person is writing into what has the focus. */
export function createWriting(): () => boolean {
  let field: EventTarget | null = null;
  let last = 0;
  document.addEventListener("input", ({ target }) => {
    field = target;
    last = performance.now();
  });
  return () => field !== null && field === document.activeElement && performance.now() - last < writingMs;
}
