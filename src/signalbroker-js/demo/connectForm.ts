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
  let state: State["name"] = "disconnected";

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (state === "reconnecting") {
      actions.retryNow();
    } else if (state === "disconnected") {
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
    if (state !== "disconnected") {
      actions.disconnect();
    }
  });

  return (next) => {
    state = next.name;
    const idle = state === "disconnected";
    userId.readOnly = device.readOnly = !idle;
    connect.textContent = state === "reconnecting" ? "Try now" : "Connect";
    connect.setAttribute("aria-disabled", String(state === "connecting" || state === "listening"));
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
