// The track as a picture: turned the usual way up, fitted into a box, and known by distance.

import type { TrackMap } from '../wire'

export type Point = { x: number; y: number }

/** A place on the outline, and the direction of travel there (length 1), in decimetres of the picture. */
export type Place = Point & { dx: number; dy: number }

export class Shape {
  readonly points: readonly Point[]
  readonly distances: readonly number[]
  readonly length_m: number
  readonly #cos: number
  readonly #sin: number

  constructor(readonly map: TrackMap) {
    const angle = (map.rotation_deg * Math.PI) / 180
    this.#cos = Math.cos(angle)
    this.#sin = Math.sin(angle)
    this.points = map.points_dm.map(([x, y]) => this.turn(x, y))
    this.distances = map.distances_m
    this.length_m = map.length_m
  }

  /** A point of the timing frame as a point of the picture: turned, with y downwards. */
  turn(x_dm: number, y_dm: number): Point {
    return { x: x_dm * this.#cos - y_dm * this.#sin, y: -(x_dm * this.#sin + y_dm * this.#cos) }
  }

  /** The place at a distance from the line; runs on past either end. */
  at(distance_m: number): Place {
    const d = ((distance_m % this.length_m) + this.length_m) % this.length_m
    let [low, high] = [0, this.distances.length - 1]
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.distances[middle] as number) <= d) low = middle
      else high = middle - 1
    }
    const next = (low + 1) % this.points.length
    const [a, b] = [this.points[low] as Point, this.points[next] as Point]
    const from = this.distances[low] as number
    const span = (next === 0 ? this.length_m : (this.distances[next] as number)) - from
    const share = span > 0 ? Math.min(1, (d - from) / span) : 0
    const [vx, vy] = [b.x - a.x, b.y - a.y]
    const norm = Math.hypot(vx, vy) || 1
    return { x: a.x + vx * share, y: a.y + vy * share, dx: vx / norm, dy: vy / norm }
  }

  /** The outline between two distances, from `from_m` forwards, over the line if need be. */
  stretch(from_m: number, to_m: number): Point[] {
    const end = to_m > from_m ? to_m : to_m + this.length_m
    const inside: Point[] = []
    for (const lap of [0, this.length_m]) {
      this.distances.forEach((d, i) => {
        if (d + lap > from_m && d + lap < end) inside.push(this.points[i] as Point)
      })
    }
    return [this.at(from_m), ...inside, this.at(end)]
  }
}

/** How to lay the picture into a box of pixels. */
export type Fit = { scale: number; x: number; y: number }

export function fit(points: readonly Point[], width: number, height: number, margin: number): Fit {
  const xs = points.map((p) => p.x)
  const ys = points.map((p) => p.y)
  const [x0, x1, y0, y1] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)]
  const room = (size: number): number => Math.max(1, size - 2 * margin)
  const scale = Math.min(room(width) / Math.max(1, x1 - x0), room(height) / Math.max(1, y1 - y0))
  return { scale, x: (width - (x0 + x1) * scale) / 2, y: (height - (y0 + y1) * scale) / 2 }
}

export function place(point: Point, { scale, x, y }: Fit): Point {
  return { x: point.x * scale + x, y: point.y * scale + y }
}
