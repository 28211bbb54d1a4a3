import { byId, make } from "../page/dom";
import { inOrder, whereabouts, type Person } from "./words";

/** The list of people, one of whom may be chosen, by mouse or with the arrow keys. */
export function createPeopleList(onChosen: (userId: string) => void) {
  const field = byId("people-field", HTMLElement);
  const list = byId("people", HTMLUListElement);
  const count = byId("people-here", HTMLElement);
  let shown: Person[] = [];
  let current = "";
  let due = 0;

  list.addEventListener("click", ({ target }) => {
    const place = target instanceof Element ? [...list.children].indexOf(target.closest("li") as Element) : -1;
    choose(place);
  });
  list.addEventListener("keydown", (event) => {
    const place = shown.findIndex(({ userId }) => userId === current);
    const last = shown.length - 1;
    const places: Record<string, number> = { ArrowDown: place + 1, ArrowUp: place - 1, Home: 0, End: last };
    const next = places[event.key];
    if (next !== undefined) {
      event.preventDefault();
      choose(Math.max(0, Math.min(last, next)));
    }
  });

  return {
    show(people: Iterable<Person>, chosen: string): void {
      shown = inOrder(people);
      current = chosen;
      // Many may change at once.
      cancelAnimationFrame(due);
      due = requestAnimationFrame(draw);
    },
  };

  function choose(place: number): void {
    const person = shown[place];
    if (person) {
      onChosen(person.userId);
    }
  }

  function draw(): void {
    field.hidden = shown.length === 0;
    count.textContent = `${shown.filter(({ presence }) => presence?.state === "listening").length} here`;
    list.replaceChildren(...shown.map(row));
    const chosen = list.querySelector('[aria-selected="true"]');
    list.setAttribute("aria-activedescendant", chosen?.id ?? "");
    if (document.activeElement === list) {
      chosen?.scrollIntoView({ block: "nearest" });
    }
  }

  function row(person: Person, place: number): HTMLLIElement {
    const { userId, presence } = person;
    const where = whereabouts(person);
    const dot = make("i", "dot");
    dot.ariaHidden = "true";
    const name = make("span", "person-name clipped", userId);
    const item = make("li", "person", dot, name, make("span", "hint clipped", where));
    item.id = `person-${place}`;
    item.role = "option";
    item.ariaSelected = String(userId === current);
    item.title = `${userId}${where === "" ? "" : `, ${where}`}`;
    item.dataset["testid"] = "person";
    item.dataset["user"] = userId;
    item.dataset["presence"] = presence?.state ?? "";
    return item;
  }
}
