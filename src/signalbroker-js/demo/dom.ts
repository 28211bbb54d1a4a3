/** The element with this id; the page and its scripts are built together, so a missing one is a defect. */
export function byId<T extends HTMLElement>(id: string, type: new () => T): T {
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
