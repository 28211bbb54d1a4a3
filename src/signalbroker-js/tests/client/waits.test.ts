import { expect, it } from "vitest";
import { retryAfterMs } from "../../src/http";
import { backoffMs } from "../../src/listening/backoff";

it("doubles the longest wait from 500 ms up to 15 s", () => {
  const longest = [0, 1, 2, 3, 4, 5, 6, 60].map((attempt) => Math.round(backoffMs(attempt, () => 0.999_999)));
  expect(longest).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
});

it("waits anywhere between nothing and the longest", () => {
  expect(backoffMs(3, () => 0)).toBe(0);
  expect(backoffMs(3, () => 0.5)).toBe(2000);
});

it("reads Retry-After as seconds or as a date", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  expect(retryAfterMs("7", now)).toBe(7000);
  expect(retryAfterMs("Thu, 01 Jan 2026 00:00:03 GMT", now)).toBe(3000);
  expect(retryAfterMs("Wed, 31 Dec 2025 00:00:00 GMT", now)).toBe(0);
  expect(retryAfterMs("soon", now)).toBeUndefined();
  expect(retryAfterMs(null, now)).toBeUndefined();
});
