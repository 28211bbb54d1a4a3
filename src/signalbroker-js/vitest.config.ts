import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { include: ["tests/**/*.test.{ts,js}"], environment: "node", setupFiles: ["tests/setup.js"] },
});
