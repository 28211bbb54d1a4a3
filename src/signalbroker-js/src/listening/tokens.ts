/** A user's token (JWT), or how to get one; it is asked again whenever the webapp refuses the last one. */
export type TokenSource = string | (() => string | Promise<string>);

/** The token that proves who the user is. */
export interface Tokens {
  get(): Promise<string | undefined>;
  /** The last token was refused; whether there may be another one. */
  forget(): boolean;
}

export function createTokens(source: TokenSource | undefined): Tokens {
  let current: string | undefined;
  return {
    async get() {
      current ??= typeof source === "function" ? await source() : source;
      return current;
    },
    forget() {
      current = undefined;
      return typeof source === "function";
    },
  };
}
