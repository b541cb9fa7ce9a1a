// Labels that never overlap: each takes the nearest free place around its point, and keeps it while it stays free.

import type { Point } from './geometry'

export type Box = { x: number; y: number; width: number; height: number }

export type Wanted = { key: string; at: Point; width: number; height: number }
export type Label = { key: string; box: Box; at: Point }

/** Directions tried, in order of liking: right, left, above, below, and the corners. */
const DIRECTIONS: readonly (readonly [number, number])[] = [
  [1, 0], [-1, 0], [0, -1], [0, 1], [0.8, -0.8], [-0.8, -0.8], [0.8, 0.8], [-0.8, 0.8],
]
const DISTANCES = [9, 18, 30]

export function overlaps(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
}

function boxAt({ at, width, height }: Wanted, [dx, dy]: readonly [number, number], distance: number): Box {
  const [cx, cy] = [at.x + dx * (distance + width / 2), at.y + dy * (distance + height / 2)]
  return { x: cx - width / 2, y: cy - height / 2, width, height }
}

export class Labels {
  #kept = new Map<string, number>()

  /**
   * Places what can be placed, in the order given: the first is the most important. What finds no free place inside
   * `width` × `height` is left out rather than drawn over something.
   */
  place(wanted: readonly Wanted[], obstacles: readonly Box[], width: number, height: number): Label[] {
    const taken: Box[] = [...obstacles]
    const placed: Label[] = []
    const kept = new Map<string, number>()
    const nChoices = DIRECTIONS.length * DISTANCES.length
    for (const label of wanted) {
      const first = this.#kept.get(label.key)
      for (let n = first === undefined ? 0 : -1; n < nChoices; n++) {
        const choice = n < 0 ? (first as number) : n
        const direction = DIRECTIONS[choice % DIRECTIONS.length] as readonly [number, number]
        const box = boxAt(label, direction, DISTANCES[Math.floor(choice / DIRECTIONS.length)] as number)
        const isInside = box.x >= 2 && box.y >= 2 && box.x + box.width <= width - 2 && box.y + box.height <= height - 2
        if (!isInside || taken.some((other) => overlaps(box, other))) continue
        taken.push(box)
        kept.set(label.key, choice)
        placed.push({ key: label.key, box, at: label.at })
        break
      }
    }
    this.#kept = kept
    return placed
  }
}
