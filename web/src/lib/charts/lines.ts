// What the charts show, as plain numbers: pure functions of the lap table.

import type { Lap } from '../wire'

export type LapsByDriver = ReadonlyMap<number, readonly Lap[]>

/** One car's line: a value for each x, `null` where there is none. */
export type Line = { driver: number; values: (number | null)[] }

export type Lines = { x: number[]; lines: Line[] }

/** A stretch of the x axis under a track status. */
export type Span = { kind: 'safety_car' | 'virtual_safety_car' | 'red'; from: number; to: number }

const NOTHING: Lines = { x: [], lines: [] }

function lastLap(laps: LapsByDriver): number {
  let last = 0
  for (const list of laps.values()) last = Math.max(last, list.findLast((lap) => lap.ended_at_ms !== null)?.number ?? 0)
  return last
}

/** One line a car over laps 1 to the last one finished by anybody. Cars without any value are left out. */
export function byLap(laps: LapsByDriver, value: (lap: Lap) => number | null): Lines {
  const n = lastLap(laps)
  if (n === 0) return NOTHING
  const lines: Line[] = []
  for (const [driver, list] of laps) {
    const values: (number | null)[] = new Array<number | null>(n).fill(null)
    let hasAny = false
    for (const lap of list) {
      if (lap.number < 1 || lap.number > n) continue
      const found = value(lap)
      values[lap.number - 1] = found
      hasAny ||= found !== null
    }
    if (hasAny) lines.push({ driver, values })
  }
  return { x: Array.from({ length: n }, (_, i) => i + 1), lines }
}

/**
 * Gap to the leader in seconds when each lap ended. Nothing before the first gap that anybody has: who joins in mid-race
 * knows who led the laps before, but not by how much.
 */
export function gaps(laps: LapsByDriver): Lines {
  let first = Infinity
  for (const list of laps.values())
    for (const lap of list) if (lap.gap_to_leader_ms !== null) first = Math.min(first, lap.number)
  const leads = (lap: Lap) => lap.position === 1 && lap.number >= first
  return byLap(laps, (lap) => (lap.gap_to_leader_ms !== null ? lap.gap_to_leader_ms / 1000 : leads(lap) ? 0 : null))
}

/** Place when each lap ended. */
export function places(laps: LapsByDriver): Lines {
  return byLap(laps, (lap) => lap.position)
}

/** Codes of track status under which nobody drives for time: safety car, red flag, VSC. */
export const NEUTRAL = /[4567]/

/** True if a lap may be held against others: on the track all the way, at racing speed, and not struck off. */
export function isClean(lap: Lap): boolean {
  return (
    lap.time_ms !== null && lap.is_accurate && !lap.deleted && lap.pit_in_at_ms === null && lap.pit_out_at_ms === null &&
    !NEUTRAL.test(lap.track_status)
  )
}

/** Lap times in seconds; those that are not clean only if `all`. */
export function lapTimes(laps: LapsByDriver, all: boolean): Lines {
  return byLap(laps, (lap) => (lap.time_ms !== null && (all || isClean(lap)) ? lap.time_ms / 1000 : null))
}

/** Best lap so far in seconds over the session clock in minutes: how practice and qualifying evolve. */
export function bestSoFar(laps: LapsByDriver, from_ms: number): Lines {
  const steps: { at: number; driver: number; best: number }[] = []
  for (const [driver, list] of laps) {
    let best = Infinity
    for (const lap of list) {
      if (lap.time_ms === null || lap.ended_at_ms === null || lap.deleted || lap.time_ms >= best) continue
      best = lap.time_ms
      steps.push({ at: (lap.ended_at_ms - from_ms) / 60_000, driver, best: best / 1000 })
    }
  }
  if (steps.length === 0) return NOTHING
  steps.sort((a, b) => a.at - b.at)
  const x = steps.map((step) => step.at)
  const drivers = [...new Set(steps.map((step) => step.driver))]
  const lines = drivers.map((driver) => {
    let held: number | null = null
    return { driver, values: steps.map((step) => (step.driver === driver ? (held = step.best) : held)) }
  })
  return { x, lines }
}

const CODES: readonly (readonly [string, Span['kind']])[] = [
  ['5', 'red'],
  ['4', 'safety_car'],
  ['6', 'virtual_safety_car'],
  ['7', 'virtual_safety_car'],
]

/** Laps under safety car, VSC or red flag, from what the leader of each lap met. */
export function lapSpans(laps: LapsByDriver): Span[] {
  const kinds = new Map<number, Span['kind']>()
  for (const list of laps.values()) {
    for (const lap of list) {
      if (lap.position !== 1) continue
      const code = CODES.find(([code]) => lap.track_status.includes(code))
      if (code) kinds.set(lap.number, code[1])
    }
  }
  const spans: Span[] = []
  for (const [number, kind] of [...kinds].sort(([a], [b]) => a - b)) {
    const last = spans.at(-1)
    if (last !== undefined && last.kind === kind && last.to === number - 1) last.to = number
    else spans.push({ kind, from: number - 1, to: number })
  }
  return spans
}

/** The value under which a share of all values lies; `null` if there are none. */
export function quantile(lines: readonly Line[], share: number): number | null {
  const values = lines.flatMap((line) => line.values.filter((value): value is number => value !== null))
  if (values.length === 0) return null
  values.sort((a, b) => a - b)
  return values[Math.min(values.length - 1, Math.floor(values.length * share))] as number
}
