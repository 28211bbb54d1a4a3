import { expect, it } from "vitest";
import { retryAfterMs } from "../../src/base/http";
import { backoffMs } from "../../src/base/backoff";

it("doubles the longest wait from 500 ms up to 15 s", () => {
  const longest = [0, 1, 2, 3, 4, 5, 6, 60].map((attempt) => Math.round(backoffMs(attempt, () => 0.999_999)));
  expect(longest).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
});

it("waits anywhere between zero and the longest wait", () => {
  expect(backoffMs(3, () => 0)).toBe(0);
  expect(backoffMs(3, () => 0.5)).toBe(2000);
});

it("reads Retry-After as seconds or as a date", () => {
  const read = (header: string, date = "Thu, 01 Jan 2026 00:00:00 GMT"): number | undefined =>
    retryAfterMs(new Headers({ "Retry-After": header, Date: date }));
  expect(read("7")).toBe(7000);
  expect(read("Thu, 01 Jan 2026 00:00:03 GMT")).toBe(3000);
  expect(read("Wed, 31 Dec 2025 00:00:00 GMT")).toBe(0);
  expect(read("Thu, 01 Jan 2026 00:00:03 GMT", "")).toBeUndefined();
  expect(read("soon")).toBeUndefined();
  expect(retryAfterMs(new Headers())).toBeUndefined();
});
