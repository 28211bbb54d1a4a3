/** A user's token (JWT), or how to get one; it is asked again whenever the webapp refuses the last one. */
export type TokenSource = string | (() => string | Promise<string>);

/** The token that proves who the user is. */
export interface Tokens {
  get(): Promise<string | undefined>;
  /** Whether the application has been asked for one, and has not answered. */
  readonly isAsked: boolean;
  /** The last token was refused; whether there may be another one. */
  forget(): boolean;
}

export function createTokens(source: TokenSource | undefined): Tokens {
  let current: string | undefined;
  let isAsked = false;
  return {
    get isAsked() {
      return isAsked;
    },
    async get() {
      if (typeof source !== "function") {
        return source;
      }
      isAsked = current === undefined;
      try {
        current ??= await source();
      } finally {
        isAsked = false;
      }
      return current;
    },
    forget() {
      current = undefined;
      return typeof source === "function";
    },
  };
}
