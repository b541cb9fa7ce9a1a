import { expect, test } from 'vitest'
import { backOff } from './socket'

test('waits longer after each failure, up to ten seconds, never the same for all', () => {
  expect([0, 1, 2, 3, 4, 5, 50].map((n) => backOff(n, 0))).toEqual([500, 1000, 2000, 4000, 8000, 10_000, 10_000])
  expect(backOff(0, 1)).toBe(375)
})
