// The client's clock between two words of the server.

import type { Clock } from '../wire'

/** A clock as told by the server and when it was told, in milliseconds of a monotonic wall clock. */
export type ClockReading = { readonly clock: Clock; readonly at_ms: number }

/** Session time now: runs on at the told speed, never past the head as it was told (plus its growth while live). */
export function timeAt({ clock, at_ms }: ClockReading, now_ms: number): number {
  if (!clock.is_playing) return clock.t_ms
  const passed_ms = Math.max(0, now_ms - at_ms)
  const head_ms = clock.is_live ? clock.head_ms + passed_ms : clock.head_ms
  return Math.min(clock.t_ms + passed_ms * clock.speed, Math.max(head_ms, clock.t_ms))
}

/** Steps of the speed button and of the arrow keys. */
export const SPEEDS = [0.25, 0.5, 1, 2, 4, 8, 16, 30, 60] as const

/** The next step up (`by` = 1) or down (−1) from a speed. */
export function nextSpeed(speed: number, by: 1 | -1): number {
  const steps = by > 0 ? SPEEDS : [...SPEEDS].reverse()
  return steps.find((step) => (by > 0 ? step > speed + 1e-6 : step < speed - 1e-6)) ?? speed
}
