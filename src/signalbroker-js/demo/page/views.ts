import { byId } from "./dom";

/** What a phone shows, one at a time; wide windows show all of them. */
export type View = "call" | "received" | "wire";

/** Makes the tabs at a phone's bottom edge, and returns how to go to one. */
export function createViews(): (view: View) => void {
  const app = byId("app", HTMLElement);
  const tabs = [...byId("views", HTMLElement).querySelectorAll("button")];
  for (const tab of tabs) {
    tab.addEventListener("click", () => show(tab.dataset["view"] as View));
  }
  show("call");
  return show;

  function show(view: View): void {
    app.dataset["view"] = view;
    tabs.forEach((tab) => tab.setAttribute("aria-pressed", String(tab.dataset["view"] === view)));
  }
}
