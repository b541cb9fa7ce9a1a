// Telemetry frames of the last moments, and where each car is between two of them.
//
// Kept out of the reactive state on purpose: frames come ten times a second and are read once per painted frame.

import type { CarFrame } from '../wire'

/** One car in a frame, with names. */
export type CarSample = {
  driver: number
  x_dm: number | null
  y_dm: number | null
  speed_kmh: number | null
  rpm: number | null
  gear: number | null
  throttle: number | null
  brake: number | null
  drs: number | null
  distance_m: number | null
  isMeasured: boolean
  isPositionMeasured: boolean
  isOld: boolean
  isOffTrack: boolean
  /** Concluded from the timing screen, without a fix. */
  isInferred: boolean
}

export function readCar(frame: CarFrame): CarSample {
  const [driver, x_dm, y_dm, speed_kmh, rpm, gear, throttle, brake, drs, distance_m, flags] = frame
  return {
    driver, x_dm, y_dm, speed_kmh, rpm, gear, throttle, brake, drs, distance_m,
    isMeasured: (flags & 1) !== 0,
    isPositionMeasured: (flags & 2) !== 0,
    isOld: (flags & 4) !== 0,
    isOffTrack: (flags & 8) !== 0,
    isInferred: (flags & 16) !== 0,
  }
}

export type Frame = { readonly t_ms: number; readonly cars: ReadonlyMap<number, CarSample> }

/** Two frames around a moment and how far between them it lies, 0–1. */
export type Between = { readonly before: Frame; readonly after: Frame; readonly share: number }

const KEPT = 40

export class Frames {
  #frames: Frame[] = []
  /** Counts changes, so that a painter knows whether there is anything new. */
  changes = 0

  push(t_ms: number, cars: readonly CarFrame[]): void {
    this.changes++
    // A frame from before the last one means that the clock was put back.
    if (t_ms <= (this.#frames.at(-1)?.t_ms ?? -Infinity)) this.#frames = []
    this.#frames.push({ t_ms, cars: new Map(cars.map((car) => [car[0], readCar(car)])) })
    if (this.#frames.length > KEPT) this.#frames.shift()
  }

  clear(): void {
    this.#frames = []
    this.changes++
  }

  get latest(): Frame | null {
    return this.#frames.at(-1) ?? null
  }

  /** The frames around a moment; beyond the ends, the end itself. */
  around(t_ms: number): Between | null {
    const frames = this.#frames
    let i = frames.length - 1
    if (i < 0) return null
    while (i > 0 && (frames[i] as Frame).t_ms > t_ms) i--
    const before = frames[i] as Frame
    const after = frames[i + 1] ?? before
    const span = after.t_ms - before.t_ms
    return { before, after, share: span > 0 ? Math.min(1, Math.max(0, (t_ms - before.t_ms) / span)) : 0 }
  }
}
