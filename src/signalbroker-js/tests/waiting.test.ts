import { expect, it } from "vitest";
import { backoffMs } from "../demo/backoff";
import { retryAfterMs } from "../demo/retryAfter";

it("The longest wait doubles from 500 ms and stays under 15 s", () => {
  const longest = [0, 1, 2, 3, 4, 5, 6, 60].map((attempt) => Math.round(backoffMs(attempt, () => 0.999_999)));
  expect(longest).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
});

it("Each wait is anywhere between none and the longest", () => {
  expect(backoffMs(3, () => 0)).toBe(0);
  expect(backoffMs(3, () => 0.5)).toBe(2000);
});

it("Retry-After is read as seconds or as a date", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  expect(retryAfterMs("7", now)).toBe(7000);
  expect(retryAfterMs("Thu, 01 Jan 2026 00:00:03 GMT", now)).toBe(3000);
  expect(retryAfterMs("Wed, 31 Dec 2025 00:00:00 GMT", now)).toBe(0);
  expect(retryAfterMs("soon", now)).toBeUndefined();
  expect(retryAfterMs(null, now)).toBeUndefined();
});
