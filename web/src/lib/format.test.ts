import { expect, test } from 'vitest'
import { bytes, clock, compass, compoundLetter, delta, gap, lapTime, parseClock, speed, timeOfDay, words } from './format'

test('lap times show minutes only where there are any', () => {
  expect(lapTime(83_456)).toBe('1:23.456')
  expect(lapTime(58_123)).toBe('58.123')
  expect(lapTime(60_000)).toBe('1:00.000')
  expect(lapTime(5)).toBe('0.005')
  expect(lapTime(null)).toBe('–')
})

test('gaps say milliseconds, laps or the leader’s lap', () => {
  expect(gap({ ms: 725 })).toBe('+0.725')
  expect(gap({ ms: 69_473 })).toBe('+1:09.473')
  expect(gap({ ms: 0 })).toBe('+0.000')
  expect(gap({ laps: 1 })).toBe('+1 LAP')
  expect(gap({ laps: 2 })).toBe('+2 LAPS')
  expect(gap({ leader_lap: 12 })).toBe('LAP 12')
  expect(gap({})).toBe('')
  expect(gap(null)).toBe('')
})

test('differences carry their sign and never a negative zero', () => {
  expect(delta(0.65)).toBe('+0.650')
  expect(delta(-0.012)).toBe('−0.012')
  expect(delta(-0.0001)).toBe('0.000')
  expect(delta(NaN)).toBe('–')
})

test('a printed clock reads back', () => {
  expect(clock(4_690_999)).toBe('1:18:10')
  for (const ms of [0, 59_000, 3_600_000, 4_690_000]) expect(parseClock(clock(ms))).toBe(ms)
  expect(parseClock('78:10')).toBe(4_690_000)
  expect(parseClock('4690')).toBe(4_690_000)
  for (const bad of ['', 'soon', '-5', '1:2:3:4', '1:']) expect(parseClock(bad)).toBeNull()
})

test('small things', () => {
  expect(speed(0.25)).toBe('0.25×')
  expect(speed(60)).toBe('60×')
  expect(bytes(5_400_000)).toBe('5.4 MB')
  expect(compass(359)).toBe('N')
  expect(compass(44)).toBe('NE')
  expect(compoundLetter('HYPERSOFT')).toBe('H')
  expect(compoundLetter('UNKNOWN')).toBe('?')
  expect(compoundLetter(null)).toBe('?')
  expect(words('virtual_safety_car')).toBe('Virtual safety car')
  expect(timeOfDay(Date.UTC(2026, 2, 14, 3, 35, 22), 28_800)).toBe('11:35:22')
})
