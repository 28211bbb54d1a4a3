/** A parsed JSON object whose members are not known yet. */
export type JsonObject = Record<string, unknown>;

/** Whether a parsed JSON value is an object; arrays and null are not. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value if it is an object, else an empty one. */
export function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

/** The member as text, or undefined when it is missing or not a string. */
export function textOf(object: JsonObject, member: string): string | undefined {
  const value = object[member];
  return typeof value === "string" ? value : undefined;
}

/** The member as a number, or undefined when it is missing or no number. */
export function numberOf(object: JsonObject, member: string): number | undefined {
  const value = object[member];
  return typeof value === "number" ? value : undefined;
}

/** The member as a time, or undefined when it is missing or no time. */
export function timeOf(object: JsonObject, member: string): Date | undefined {
  const time = new Date(textOf(object, member) ?? NaN);
  return Number.isNaN(time.getTime()) ? undefined : time;
}

/** The objects in a member that is an array. */
export function objectsOf(object: JsonObject, member: string): JsonObject[] {
  return objectsIn(object[member]);
}

/** The objects in an array; none if it is no array. */
export function objectsIn(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** Parses JSON; undefined when the text is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
