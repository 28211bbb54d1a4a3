import { announce } from "./announcer";
import type { Identity } from "./api";
import type { State } from "./connection";
import { byId } from "./dom";
import { deviceMistake, userIdMistake } from "./userId";

export interface ConnectFormActions {
  connect(identity: Identity): void;
  retryNow(): void;
  disconnect(): void;
}

/** The form that says who listens, and its two buttons; returns how to show a state in it. */
export function createConnectForm(actions: ConnectFormActions): (state: State) => void {
  const form = byId("connect-form", HTMLFormElement);
  const userId = byId("user-id", HTMLInputElement);
  const device = byId("device", HTMLInputElement);
  const connect = byId("connect", HTMLButtonElement);
  const disconnect = byId("disconnect", HTMLButtonElement);
  const note = byId("connect-note", HTMLElement);
  const rule = note.textContent;
  let state: State = { name: "disconnected" };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (state.name === "reconnecting" && state.mayHurry) {
      actions.retryNow();
    } else if (state.name === "disconnected") {
      const mistake = check();
      if (mistake === undefined) {
        actions.connect(identity());
      } else {
        announce(mistake);
      }
    }
  });
  form.addEventListener("input", () => check());
  disconnect.addEventListener("click", () => {
    if (state.name !== "disconnected") {
      actions.disconnect();
    }
  });

  return (next) => {
    state = next;
    const idle = next.name === "disconnected";
    const mayTry = next.name === "reconnecting" && next.mayHurry;
    userId.readOnly = device.readOnly = !idle;
    connect.textContent = next.name === "reconnecting" ? "Try now" : "Connect";
    connect.setAttribute("aria-disabled", String(!idle && !mayTry));
    disconnect.setAttribute("aria-disabled", String(idle));
  };

  function identity(): Identity {
    const who: Identity = {};
    if (userId.value !== "") {
      who.userId = userId.value;
    }
    if (device.value !== "") {
      who.device = device.value;
    }
    return who;
  }

  function check(): string | undefined {
    const user = userIdMistake(userId.value);
    const mistake = user ?? deviceMistake(device.value);
    userId.setAttribute("aria-invalid", String(user !== undefined));
    device.setAttribute("aria-invalid", String(user === undefined && mistake !== undefined));
    note.textContent = mistake ?? rule;
    note.classList.toggle("bad", mistake !== undefined);
    return mistake;
  }
}
