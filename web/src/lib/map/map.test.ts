import { expect, test } from 'vitest'
import { readCar, type Frame } from '../state/frames'
import type { TrackMap } from '../wire'
import { placeCars } from './cars'
import { fit, place, Shape } from './geometry'
import { Labels, overlaps } from './labels'

/** A square of 1 km a side, driven from its lower left corner along the bottom. */
const square: TrackMap = {
  points_dm: [[0, 0], [10_000, 0], [10_000, 10_000], [0, 10_000]],
  distances_m: [0, 1000, 2000, 3000], length_m: 4000, rotation_deg: 0, corners: [], pit_lane_dm: [],
  marshal_sectors_m: [], sectors_m: [], origin: 'derived',
}
const frame = (t_ms: number, x: number, y: number, distance_m: number): Frame => ({
  t_ms, cars: new Map([[1, readCar([1, x, y, null, null, null, null, null, null, distance_m, 3])]]),
})

test('knows places by distance, over the line too, with y downwards', () => {
  const shape = new Shape(square)
  expect(shape.at(500)).toMatchObject({ x: 5000, dx: 1 })
  expect(shape.at(3500)).toMatchObject({ x: 0, y: -5000 })
  expect(shape.at(4500)).toMatchObject({ x: 5000 })
  expect(shape.at(-500)).toMatchObject({ x: 0, y: -5000 })
})

test('a stretch over the line goes on from the start', () => {
  const points = new Shape(square).stretch(3500, 500)
  expect(points.map(({ x, y }) => [x, y === 0 ? 0 : y])).toEqual([[0, -5000], [0, 0], [5000, 0]])
})

test('turns counter-clockwise', () => {
  const { x, y } = new Shape({ ...square, rotation_deg: 90 }).turn(10, 0)
  expect([Math.round(x), Math.round(y)]).toEqual([0, -10])
})

test('fits into a box and stays inside it', () => {
  const shape = new Shape(square)
  const to = fit(shape.points, 300, 200, 20)
  for (const point of shape.points) {
    const { x, y } = place(point, to)
    expect(x).toBeGreaterThanOrEqual(20)
    expect(x).toBeLessThanOrEqual(280)
    expect(y).toBeGreaterThanOrEqual(20)
    expect(y).toBeLessThanOrEqual(180)
  }
})

test('near fixes are joined straight, far ones along the track', () => {
  const shape = new Shape(square)
  const near = placeCars({ before: frame(0, 100, 0, 10), after: frame(100, 200, 0, 20), share: 0.5 }, shape)
  expect(near[0]?.at.x).toBe(150)
  const far = placeCars({ before: frame(0, 9000, 0, 900), after: frame(1000, 10_000, 1000, 1100), share: 0.5 }, shape)
  expect(far[0]?.at.x).toBeCloseTo(10_000)
  expect(far[0]?.at.y).toBeCloseTo(0)
})

test('over the line cars go on, not back', () => {
  const shape = new Shape(square)
  const placed = placeCars({ before: frame(0, 0, 2000, 3800), after: frame(1000, 2000, 0, 200), share: 0.5 }, shape)
  expect(Math.hypot(placed[0]?.at.x ?? 99, placed[0]?.at.y ?? 99)).toBeLessThan(1)
})

test('labels never overlap and keep their place', () => {
  const labels = new Labels()
  const wanted = Array.from({ length: 8 }, (_, i) => ({ key: String(i), at: { x: 150 + i * 3, y: 100 }, width: 28, height: 14 }))
  const placed = labels.place(wanted, [], 300, 200)
  expect(placed.length).toBeGreaterThan(4)
  placed.forEach((a, i) => placed.slice(0, i).forEach((b) => expect(overlaps(a.box, b.box)).toBe(false)))
  expect(labels.place(wanted, [], 300, 200)).toEqual(placed)
})
