import { announce } from "../page/announcer";
import { byId, enable } from "../page/dom";
import type { Asked, SignInRequest } from "./options";
import type { PageState } from "./signIn";
import { deviceMistake, userIdMistake } from "./userId";

export interface SignInFormActions {
  signIn(request: SignInRequest): void;
  cancel(): void;
}

/** The form that says who signs in. */
export function createSignInForm(asked: Asked, actions: SignInFormActions) {
  const form = byId("sign-in-form", HTMLFormElement);
  const userId = byId("user-id", HTMLInputElement);
  const device = byId("device", HTMLInputElement);
  const token = byId("token", HTMLInputElement);
  const listen = byId("listen", HTMLSelectElement);
  const send = byId("send-by", HTMLSelectElement);
  const relay = byId("relay", HTMLInputElement);
  const submit = byId("connect", HTMLButtonElement);
  const cancel = byId("cancel", HTMLButtonElement);
  const note = byId("connect-note", HTMLElement);
  const rule = note.textContent;
  let state: PageState["name"] = "signed-out";
  let given = (asked.isGiven && asked.userId) || "";

  userId.value = asked.userId ?? "";
  device.value = asked.device ?? "";
  token.value = asked.token ?? "";
  listen.value = asked.listen;
  send.value = asked.send;
  relay.checked = asked.relayOnly;

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (state !== "signed-out") {
      return;
    }
    const mistake = check();
    if (mistake === undefined) {
      actions.signIn(request());
    } else {
      announce(mistake);
    }
  });
  form.addEventListener("input", () => check());
  cancel.addEventListener("click", () => {
    submit.focus();
    actions.cancel();
  });

  return {
    show(next: PageState): void {
      const { name } = next;
      state = name;
      if (next.name === "listening" && given !== "" && userId.value === given) {
        given = userId.value = next.session.userId;
      }
      const idle = name === "signed-out";
      userId.readOnly = device.readOnly = token.readOnly = !idle;
      enable(submit, idle);
      cancel.hidden = idle;
    },
    submit: (): void => form.requestSubmit(),
  };

  function request(): SignInRequest {
    const proof = token.value.trim() || undefined;
    return {
      userId: userId.value || undefined,
      isGiven: proof === undefined && (userId.value === "" || userId.value === given),
      device: device.value || undefined,
      token: proof,
      listen: listen.value as SignInRequest["listen"],
      send: send.value as SignInRequest["send"],
      relayOnly: relay.checked,
    };
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
