import { expect, test } from 'vitest'
import type { Car, FeedGap, FeedState, Item, Lap } from '../wire'
import { boardOrder, EMPTY, isRace, issuedAt, reduce, secondDrivers, type ModelMessage } from './model'

const car = (driver: number, position: number | null): Item => ({ kind: 'car', value: { driver, position } as Car })
const lap = (driver: number, number: number, time_ms: number | null = null): Item => ({
  kind: 'lap', value: { driver, number, time_ms } as Lap,
})
const snapshot = (version: number, ...items: Item[]): ModelMessage => ({
  type: 'snapshot', session_id: 's', version, t_ms: 0, items, marks: [],
})
const delta = (version: number, item: Item): ModelMessage => ({ type: 'delta', version, t_ms: 0, item })

test('deltas replace the part with the same key and keep the others as they are', () => {
  const first = reduce(EMPTY, [snapshot(3, car(16, 1), car(44, 2), lap(16, 1, 90_000))])
  const next = reduce(first, [delta(4, car(44, 3))])
  expect(next.cars.get(44)?.position).toBe(3)
  expect(next.cars.get(16)).toBe(first.cars.get(16))
  expect(next.laps).toBe(first.laps)
  expect(first.cars.get(44)?.position).toBe(2)
})

test('a snapshot forgets all that was known', () => {
  const model = reduce(EMPTY, [snapshot(9, car(16, 1), lap(16, 1)), snapshot(2, car(44, 1))])
  expect([...model.cars.keys()]).toEqual([44])
  expect(model.laps.size).toBe(0)
  expect(model.version).toBe(2)
})

test('a version not above the known one changes nothing', () => {
  const model = reduce(EMPTY, [snapshot(5, car(16, 1))])
  expect(reduce(model, [delta(5, car(16, 9)), delta(4, car(16, 8))])).toBe(model)
})

test('laps stay in order however they come', () => {
  const model = reduce(EMPTY, [snapshot(0), delta(1, lap(16, 3)), delta(2, lap(16, 1)), delta(3, lap(16, 2)), delta(4, lap(16, 1, 90_000))])
  expect(model.laps.get(16)?.map((one) => [one.number, one.time_ms])).toEqual([[1, 90_000], [2, null], [3, null]])
})

test('folding in batches equals folding one by one', () => {
  const messages = [
    snapshot(0, car(16, 1), car(44, 2)), delta(1, lap(16, 1)), delta(2, car(44, 1)), delta(3, car(16, 2)),
    delta(5, { kind: 'gone', value: 44 }), delta(6, lap(16, 1, 91_000)),
    { type: 'marks', marks: [{ t_ms: 1, until_ms: null, kind: 'start', text: '' }] } as ModelMessage,
  ]
  const oneByOne = messages.reduce((model, message) => reduce(model, [message]), EMPTY)
  expect(reduce(EMPTY, messages)).toEqual(oneByOne)
  expect([...oneByOne.cars.keys()]).toEqual([16])
  expect(oneByOne.marks).toHaveLength(1)
})

test('cars without a position come last', () => {
  const model = reduce(EMPTY, [snapshot(0, car(77, null), car(44, 2), car(16, 1), car(4, null))])
  expect(boardOrder(model.cars).map((one) => one.driver)).toEqual([16, 44, 4, 77])
})

test('the higher number of a team carries the second cue', () => {
  const driver = (number: number, team: string): Item => ({
    kind: 'driver', value: { driver: number, tla: '', full_name: '', team, team_colour: '' },
  })
  const model = reduce(EMPTY, [snapshot(0, driver(44, 'Ferrari'), driver(16, 'Ferrari'), driver(1, 'McLaren'), driver(9, ''), driver(8, ''))])
  expect([...secondDrivers(model.drivers)]).toEqual([44])
})

test('an unknown kind of session is shown as a race', () => {
  expect(isRace(null)).toBe(true)
  expect(isRace({ kind: 'sprint' } as never)).toBe(true)
  expect(isRace({ kind: 'qualifying' } as never)).toBe(false)
})

test('a message of race control is as old as it says, not as when it was heard', () => {
  const session = { utc_of_zero_ms: 1_000_000 } as never
  const message = (t_ms: number, utc_ms: number | null) => ({ t_ms, utc_ms }) as never
  expect(issuedAt(message(60_000, 1_020_000), session)).toBe(20_000)
  expect(issuedAt(message(60_000, 1_061_000), session)).toBe(60_000)
  expect(issuedAt(message(60_000, null), session)).toBe(60_000)
  expect(issuedAt(message(60_000, 1_020_000), null)).toBe(60_000)
  expect(issuedAt(message(60_000, 900_000), session)).toBe(0)
})

test('feeds, gaps and the forecast are known by their keys', () => {
  const feed = (feed: string, liveness: string): Item => ({ kind: 'feed', value: { feed, liveness } as FeedState })
  const gap = (index: number, to_ms: number | null): Item => ({ kind: 'gap', value: { index, to_ms } as FeedGap })
  const first = reduce(EMPTY, [snapshot(3, feed('timing', 'live'), feed('cars', 'missing'), gap(1, null))])
  const next = reduce(first, [
    delta(4, feed('timing', 'late')), delta(5, gap(0, 9)), delta(6, gap(1, 12)),
    delta(7, { kind: 'forecast', value: { fetched_utc_ms: 1, steps: [] } as never }),
  ])
  expect([...next.feeds.values()].map(({ feed, liveness }) => [feed, liveness])).toEqual([['timing', 'late'], ['cars', 'missing']])
  expect(next.feeds.get('cars')).toBe(first.feeds.get('cars'))
  expect(next.gaps.map(({ index, to_ms }) => [index, to_ms])).toEqual([[0, 9], [1, 12]])
  expect(next.forecast?.fetched_utc_ms).toBe(1)
  expect(reduce(next, [snapshot(1)]).feeds.size).toBe(0)
})
