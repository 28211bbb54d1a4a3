const allowed = /^[A-Za-z0-9._~@+:-]*$/;

/** What is wrong with a user id, in a sentence; undefined when it is fine. */
export function userIdMistake(text: string): string | undefined {
  return mistake(text, "User id", 128);
}

/** What is wrong with a device's name, in a sentence; undefined when it is fine. */
export function deviceMistake(text: string): string | undefined {
  return mistake(text, "Device", 64);
}

function mistake(text: string, field: string, longest: number): string | undefined {
  if (text.length > longest) {
    return `${field}: at most ${longest} characters.`;
  }
  return allowed.test(text) ? undefined : `${field}: only A–Z a–z 0–9 . _ ~ @ + : -`;
}
