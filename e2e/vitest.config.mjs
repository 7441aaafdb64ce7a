import { defineConfig } from "vitest/config"

// The published suite, whole: no name filter, and a test that fails once has
// failed.
export default defineConfig({
  test: {
    include: ["js/conformance.test.mjs"],
    retry: 0,
    watch: false,
  },
})
