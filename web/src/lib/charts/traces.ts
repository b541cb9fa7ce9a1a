// Laps held against each other on one axis: pure functions of what the API compared.

import type { Comparison, SectionDelta, Trace } from '../wire'

export type Channel = 'speed_kmh' | 'throttle_percent' | 'brake_percent' | 'gear' | 'rpm' | 'drs'

/** Several laps on the same steps: the reference first; the deltas are against it. */
export type LapSet = { traces: Trace[]; deltas: (readonly number[])[]; sections: SectionDelta[][] }

/** Joins comparisons that share their reference `a`. */
export function joinComparisons(comparisons: readonly Comparison[]): LapSet {
  const first = comparisons[0]
  if (first === undefined) return { traces: [], deltas: [], sections: [] }
  return {
    traces: [first.a, ...comparisons.map((comparison) => comparison.b)],
    deltas: [first.a.elapsed_s.map(() => 0), ...comparisons.map((comparison) => comparison.delta_s)],
    sections: [[], ...comparisons.map((comparison) => comparison.sections)],
  }
}

/** One lap alone. */
export function single(trace: Trace): LapSet {
  return { traces: [trace], deltas: [trace.elapsed_s.map(() => 0)], sections: [[]] }
}

/** Metres from the line of each step of the reference. */
export function distances(set: LapSet): number[] {
  const reference = set.traces[0]
  return reference === undefined ? [] : reference.elapsed_s.map((_, i) => i * reference.step_m)
}

/** Index of the value nearest to `x` in a rising list. */
export function nearestIndex(xs: readonly number[], x: number): number {
  let [low, high] = [0, xs.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((xs[middle] as number) < x) low = middle + 1
    else high = middle
  }
  if (low > 0 && x - (xs[low - 1] as number) < (xs[low] as number) - x) return low - 1
  return Math.max(0, low)
}

/** Reads a channel at the times `at_s` of its own lap: held from the last step. `null` beyond the end of the lap. */
export function onTime(trace: Trace, values: readonly number[], at_s: readonly number[]): (number | null)[] {
  let i = 0
  const end = trace.elapsed_s.at(-1) ?? 0
  return at_s.map((t) => {
    if (t > end) return null
    while (i + 1 < trace.elapsed_s.length && (trace.elapsed_s[i + 1] as number) <= t) i++
    const [t0, t1] = [trace.elapsed_s[i] as number, trace.elapsed_s[i + 1] ?? Infinity]
    const [v0, v1] = [values[i] as number, values[i + 1] ?? (values[i] as number)]
    const share = t1 > t0 && Number.isFinite(t1) ? (t - t0) / (t1 - t0) : 0
    return v0 + (v1 - v0) * share
  })
}

/** Values of a channel, empty where the season has none. */
export function channel(trace: Trace, name: Channel): readonly number[] {
  return trace[name] ?? []
}

/** Who is faster over each stretch of about `stretch_m`: the index of the lap, or `null` within `even_s`. */
export function gains(
  delta_s: readonly number[], step_m: number, stretch_m = 80, even_s = 0.004,
): { from: number; to: number; faster: 0 | 1 | null }[] {
  const n = Math.max(1, Math.round(stretch_m / step_m))
  const parts: { from: number; to: number; faster: 0 | 1 | null }[] = []
  for (let from = 0; from < delta_s.length - 1; from += n) {
    const to = Math.min(delta_s.length - 1, from + n)
    const lost = (delta_s[to] as number) - (delta_s[from] as number)
    const faster = Math.abs(lost) < even_s ? null : lost > 0 ? 0 : 1
    const last = parts.at(-1)
    if (last !== undefined && last.faster === faster) last.to = to
    else parts.push({ from, to, faster })
  }
  return parts
}

/** The table of a lap set as CSV: one row a step, one column a lap and channel. */
export function toCsv(set: LapSet, name: (trace: Trace) => string): string {
  const xs = distances(set)
  const channels: Channel[] = ['speed_kmh', 'throttle_percent', 'brake_percent', 'gear', 'rpm', 'drs']
  const columns: { title: string; values: readonly number[] }[] = [{ title: 'distance_m', values: xs }]
  set.traces.forEach((trace, i) => {
    columns.push({ title: `${name(trace)} elapsed_s`, values: trace.elapsed_s })
    if (i > 0) columns.push({ title: `${name(trace)} delta_s`, values: set.deltas[i] ?? [] })
    for (const one of channels) {
      const values = channel(trace, one)
      if (values.length > 0) columns.push({ title: `${name(trace)} ${one}`, values })
    }
  })
  const rows = xs.map((_, i) => columns.map(({ values }) => tidy(values[i])).join(','))
  return [columns.map(({ title }) => `"${title.replaceAll('"', '""')}"`).join(','), ...rows].join('\n') + '\n'
}

function tidy(value: number | undefined): string {
  return value === undefined || !Number.isFinite(value) ? '' : String(Number(value.toFixed(4)))
}
