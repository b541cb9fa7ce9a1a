import { expect, test } from 'vitest'
import type { Comparison, Lap, Trace } from '../wire'
import { spread } from './spread'
import { bestSoFar, gaps, lapSpans, lapTimes, quantile } from './lines'
import { gains, joinComparisons, nearestIndex, onTime, toCsv } from './traces'

const lap = (driver: number, number: number, over: Partial<Lap> = {}): Lap =>
  ({
    driver, number, ended_at_ms: number * 90_000, time_ms: 90_000, is_accurate: true, deleted: false, pit_in_at_ms: null,
    pit_out_at_ms: null, track_status: '1', position: null, gap_to_leader_ms: null, ...over,
  }) as Lap
const laps = (...list: Lap[]) => {
  const map = new Map<number, Lap[]>()
  for (const one of list) map.set(one.driver, [...(map.get(one.driver) ?? []), one])
  return map
}

test('gaps are zero for the leader and nothing for lapped cars', () => {
  const { x, lines } = gaps(laps(lap(1, 1, { position: 1 }), lap(1, 2, { position: 1 }), lap(2, 1, { gap_to_leader_ms: 1500 }), lap(2, 2)))
  expect(x).toEqual([1, 2])
  expect(lines).toEqual([{ driver: 1, values: [0, 0] }, { driver: 2, values: [1.5, null] }])
})

test('before anybody has a gap the leader has none either', () => {
  const { lines } = gaps(laps(lap(1, 1, { position: 1 }), lap(1, 2, { position: 1 }), lap(2, 1), lap(2, 2, { gap_to_leader_ms: 900 })))
  expect(lines).toEqual([{ driver: 1, values: [null, 0] }, { driver: 2, values: [null, 0.9] }])
})

test('clean lap times leave out pits, deleted laps and safety cars', () => {
  const all = laps(lap(1, 1), lap(1, 2, { deleted: true }), lap(1, 3, { pit_in_at_ms: 1 }), lap(1, 4, { track_status: '24' }), lap(1, 5))
  expect(lapTimes(all, false).lines[0]?.values).toEqual([90, null, null, null, 90])
  expect(lapTimes(all, true).lines[0]?.values).toEqual([90, 90, 90, 90, 90])
})

test('best so far steps down and holds', () => {
  const { x, lines } = bestSoFar(laps(lap(1, 1), lap(1, 2, { time_ms: 88_000 }), lap(1, 3), lap(2, 2, { time_ms: 89_000, ended_at_ms: 200_000 })), 0)
  expect(x).toEqual([1.5, 3, 200 / 60])
  expect(lines).toEqual([{ driver: 1, values: [90, 88, 88] }, { driver: 2, values: [null, null, 89] }])
})

test('neighbouring laps under one status make one span', () => {
  const list = ['1', '14', '4', '41', '1', '16'].map((track_status, i) => lap(1, i + 1, { position: 1, track_status }))
  expect(lapSpans(laps(...list))).toEqual([
    { kind: 'safety_car', from: 1, to: 4 },
    { kind: 'virtual_safety_car', from: 5, to: 6 },
  ])
})

test('nothing driven means nothing drawn', () => {
  expect(gaps(new Map())).toEqual({ x: [], lines: [] })
  expect(quantile([], 0.5)).toBeNull()
})

test('labels are moved apart in order and stay inside', () => {
  expect(spread([10, 11, 12], 10, 0, 100)).toEqual([10, 20, 30])
  expect(spread([99, 98, 97], 10, 0, 100)).toEqual([100, 90, 80])
  expect(spread([], 10, 0, 100)).toEqual([])
})

const trace = (driver: number, elapsed_s: number[]): Trace => ({
  driver, lap: 1, time_ms: 3000, step_m: 10, elapsed_s, speed_kmh: elapsed_s.map(() => 200), throttle_percent: [], brake_percent: [],
  gear: [], rpm: [], drs: null, x_dm: [], y_dm: [], sample_interval_ms: 260,
})

test('comparisons with one reference become one set', () => {
  const [a, b, c] = [trace(1, [0, 1, 2]), trace(2, [0, 1, 2.5]), trace(3, [0, 1, 1.5])]
  const set = joinComparisons([
    { a, b, delta_s: [0, 0, 0.5], sections: [] } as Comparison,
    { a, b: c, delta_s: [0, 0, -0.5], sections: [] } as Comparison,
  ])
  expect(set.traces.map((one) => one.driver)).toEqual([1, 2, 3])
  expect(set.deltas).toEqual([[0, 0, 0], [0, 0, 0.5], [0, 0, -0.5]])
  const [head, ...rows] = toCsv(set, (one) => `car ${one.driver}`).trim().split('\n')
  expect(head).toBe('"distance_m","car 1 elapsed_s","car 1 speed_kmh","car 2 elapsed_s","car 2 delta_s","car 2 speed_kmh","car 3 elapsed_s","car 3 delta_s","car 3 speed_kmh"')
  expect(rows[2]).toBe('20,2,200,2.5,0.5,200,1.5,-0.5,200')
})

test('reads a channel by time, and nothing after the lap', () => {
  expect(onTime(trace(1, [0, 1, 2]), [100, 200, 100], [0, 0.5, 1.5, 2, 2.1])).toEqual([100, 150, 150, 100, null])
})

test('finds the nearest step', () => {
  expect(nearestIndex([0, 10, 20], 14)).toBe(1)
  expect(nearestIndex([0, 10, 20], 16)).toBe(2)
  expect(nearestIndex([0, 10, 20], -5)).toBe(0)
  expect(nearestIndex([0, 10, 20], 99)).toBe(2)
  expect(nearestIndex([], 3)).toBe(0)
})

test('gains name the faster lap of each stretch and join equal neighbours', () => {
  expect(gains([0, 0.1, 0.2, 0.2, 0.1], 10, 10)).toEqual([
    { from: 0, to: 2, faster: 0 },
    { from: 2, to: 3, faster: null },
    { from: 3, to: 4, faster: 1 },
  ])
})
