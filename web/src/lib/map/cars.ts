// Where each car is between two frames.

import type { Between, CarSample } from '../state/frames'
import type { Point, Shape } from './geometry'

export type PlacedCar = { sample: CarSample; at: Point }

/** Further apart than this, a straight line between two fixes would cut corners; decimetres. */
const STRAIGHT_DM = 250
/** Further apart than this, it is a jump and not a drive. */
const JUMP_M = 2500

/**
 * Places every car of the earlier frame, in decimetres of the picture.
 *
 * Near fixes are joined by a straight line. Far ones (at many times the speed of the race) are joined along the
 * outline, so that cars stay on the track; what each fix is off the outline is carried over evenly, so that the ends
 * are exact.
 */
export function placeCars({ before, after, share }: Between, shape: Shape): PlacedCar[] {
  const placed: PlacedCar[] = []
  for (const sample of before.cars.values()) {
    if (sample.x_dm === null || sample.y_dm === null) continue
    const from = shape.turn(sample.x_dm, sample.y_dm)
    const next = after.cars.get(sample.driver)
    if (next === undefined || next.x_dm === null || next.y_dm === null) {
      placed.push({ sample, at: from })
      continue
    }
    const to = shape.turn(next.x_dm, next.y_dm)
    placed.push({ sample: share < 0.5 ? sample : next, at: between(sample, next, from, to, share, shape) })
  }
  return placed
}

function between(a: CarSample, b: CarSample, from: Point, to: Point, share: number, shape: Shape): Point {
  const mix = (p: number, q: number): number => p + (q - p) * share
  const straight = { x: mix(from.x, to.x), y: mix(from.y, to.y) }
  if (Math.hypot(to.x - from.x, to.y - from.y) < STRAIGHT_DM) return straight
  if (a.distance_m === null || b.distance_m === null) return straight
  let driven_m = b.distance_m - a.distance_m
  if (driven_m < 0) driven_m += shape.length_m
  if (driven_m > JUMP_M) return share < 0.5 ? from : to
  const [start, end] = [shape.at(a.distance_m), shape.at(b.distance_m)]
  const here = shape.at(a.distance_m + driven_m * share)
  return {
    x: here.x + mix(from.x - start.x, to.x - end.x),
    y: here.y + mix(from.y - start.y, to.y - end.y),
  }
}
