import { expect, test } from 'vitest'
import type { CarFrame } from '../wire'
import { Frames, readCar } from './frames'

const frame = (driver: number, x: number, flags = 3): CarFrame => [driver, x, 0, 300, 11_000, 8, 100, 0, null, 12.5, flags]

test('flags say what is measured, estimated, old and off track', () => {
  expect(readCar(frame(1, 0, 0b1101))).toMatchObject({
    isMeasured: true, isPositionMeasured: false, isOld: true, isOffTrack: true, gear: 8, drs: null,
  })
  expect(readCar(frame(1, 0, 0b10000))).toMatchObject({ isPositionMeasured: false, isOld: false, isInferred: true })
})

test('finds the frames around a moment, and the ends beyond them', () => {
  const frames = new Frames()
  expect(frames.around(0)).toBeNull()
  frames.push(100, [frame(1, 0)])
  frames.push(200, [frame(1, 10)])
  expect(frames.around(150)).toMatchObject({ before: { t_ms: 100 }, after: { t_ms: 200 }, share: 0.5 })
  expect(frames.around(50)).toMatchObject({ before: { t_ms: 100 }, share: 0 })
  expect(frames.around(900)).toMatchObject({ before: { t_ms: 200 }, after: { t_ms: 200 }, share: 0 })
})

test('a frame from an earlier moment starts anew', () => {
  const frames = new Frames()
  frames.push(900, [frame(1, 0)])
  frames.push(100, [frame(1, 5)])
  expect(frames.around(900)?.before.t_ms).toBe(100)
})
