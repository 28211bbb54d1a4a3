import { parseJson } from "../../src/base/json";

/** What the sender typed as the signal's content: JSON when it parses, else the text itself as a JSON string. */
export function contentOf(text: string): unknown {
  const json = parseJson(text);
  return json === undefined ? text : json;
}

/** Whether somebody who typed this meant JSON, and made a mistake. */
export function isBrokenJson(text: string): boolean {
  return /^\s*[[{]/.test(text) && parseJson(text) === undefined;
}

/** A received content as text for people: strings as they are, anything else as indented JSON. */
export function showContent(content: unknown): string {
  return typeof content === "string" ? content : JSON.stringify(content, null, 2);
}
