import { expect, it } from "vitest";
import { createRecent } from "../../demo/sequence/recent";

it("keeps nothing of what was dropped, and takes it for known", () => {
  const recent = createRecent<string>();
  recent.add(1, "one");
  recent.add(2, "two");
  recent.drop(1);
  expect(recent.size).toBe(1);
  expect(recent.get(1)).toBeUndefined();
  expect(recent.isNew(1)).toBe(false);
  expect(recent.get(2)).toBe("two");
  expect(recent.isNew(3)).toBe(true);
});
