/** A user's token (JWT), or how to get one; it is asked again whenever the webapp refuses the last one. */
export type TokenSource = string | (() => string | Promise<string>);

/** The token that proves who the user is. */
export function createTokens(source: TokenSource | undefined) {
  let current: string | undefined;
  let isAsked = false;
  return {
    /** Whether the application has been asked for one, and has not answered. */
    get isAsked(): boolean {
      return isAsked;
    },
    async get(): Promise<string | undefined> {
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
    /** The last token was refused; whether there may be another one. */
    forget(): boolean {
      current = undefined;
      return typeof source === "function";
    },
  };
}

export type Tokens = ReturnType<typeof createTokens>;
