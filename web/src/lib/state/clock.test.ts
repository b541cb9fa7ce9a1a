import { expect, test } from 'vitest'
import type { Clock } from '../wire'
import { nextSpeed, timeAt } from './clock'

const clock = (over: Partial<Clock>): Clock => ({
  t_ms: 10_000, start_ms: 0, head_ms: 60_000, is_playing: true, speed: 1, delay_s: 0, is_following: false, is_live: false, ...over,
})

test('runs on at the told speed and stands while paused', () => {
  expect(timeAt({ clock: clock({ speed: 4 }), at_ms: 500 }, 1500)).toBe(14_000)
  expect(timeAt({ clock: clock({ is_playing: false }), at_ms: 500 }, 9500)).toBe(10_000)
})

test('never runs past the head, which grows while live', () => {
  expect(timeAt({ clock: clock({ speed: 60 }), at_ms: 0 }, 5000)).toBe(60_000)
  expect(timeAt({ clock: clock({ t_ms: 60_000, is_live: true }), at_ms: 0 }, 5000)).toBe(65_000)
})

test('a wall clock that jumps back does not turn time back', () => {
  expect(timeAt({ clock: clock({}), at_ms: 1000 }, 0)).toBe(10_000)
})

test('speed goes up and down in steps and stops at the ends', () => {
  expect(nextSpeed(1, 1)).toBe(2)
  expect(nextSpeed(3, -1)).toBe(2)
  expect(nextSpeed(60, 1)).toBe(60)
  expect(nextSpeed(0.25, -1)).toBe(0.25)
})
