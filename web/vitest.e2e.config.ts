import { defineConfig } from 'vitest/config'

// One browser and one server are shared by all tests of a file: run them in order.
export default defineConfig({
  test: {
    include: ['e2e/**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // What a page shall come to show, on a busy machine too.
    expect: { poll: { timeout: 15_000 } },
  },
})
