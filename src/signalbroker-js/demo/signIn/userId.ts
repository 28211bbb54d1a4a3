// The webapp leaves out what can't be seen as well; what it refuses it says itself.
const allowed = /^[\p{L}\p{Mn}\p{Mc}\p{Nd}!#$&'()*+./:;=?@[\\\]^_`{|}~-]*$/u;

/** What is wrong with a user id, in a sentence; undefined when it is fine. */
export function userIdMistake(text: string): string | undefined {
  return mistake(text, "User id", 255);
}

/** What is wrong with a device's name, in a sentence; undefined when it is fine. */
export function deviceMistake(text: string): string | undefined {
  return mistake(text, "Device", 64);
}

function mistake(text: string, field: string, longest: number): string | undefined {
  if ([...text.normalize()].length > longest) {
    return `${field}: at most ${longest} characters.`;
  }
  return allowed.test(text) ? undefined : `${field}: no spaces, emoji or any of , % " < >`;
}
