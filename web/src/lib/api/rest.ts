// The REST half of the API: lists and traces that are asked for, not pushed.

import type { Comparison, Health, LiveHealth, Page, Problem, SessionDetail, SessionSummary, Trace, TrackMap } from '../wire'

/** A request that the server refused, in the server's own words. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    detail: string,
  ) {
    super(detail)
  }
}

async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await fetch(`/api/v1/${path}`, { signal, headers: { accept: 'application/json' } })
  if (response.ok) return (await response.json()) as T
  const problem = (await response.json().catch(() => null)) as Problem | null
  throw new ApiError(response.status, problem?.detail ?? `the server answered ${response.status}`)
}

async function all<T>(path: string, signal?: AbortSignal): Promise<T[]> {
  const items: T[] = []
  for (;;) {
    const mark = path.includes('?') ? '&' : '?'
    const page = await get<Page<T>>(`${path}${mark}offset=${items.length}`, signal)
    items.push(...page.items)
    if (page.items.length === 0 || items.length >= page.total) return items
  }
}

const inSession = (id: string): string => `sessions/${encodeURIComponent(id)}`

/** One lap of one driver. */
export type LapRef = { driver: number; lap: number }

export const api = {
  health: (signal?: AbortSignal) => get<Health>('health', signal),
  live: (signal?: AbortSignal) => get<LiveHealth | null>('live', signal),
  sessions: (signal?: AbortSignal) => all<SessionSummary>('sessions', signal),
  session: (id: string, signal?: AbortSignal) => get<SessionDetail>(inSession(id), signal),
  track: (id: string, signal?: AbortSignal) => get<TrackMap>(`${inSession(id)}/track`, signal),
  trace: (id: string, at: LapRef, signal?: AbortSignal) =>
    get<Trace>(`${inSession(id)}/laps/${at.driver}/${at.lap}/trace`, signal),
  compare: (id: string, a: LapRef, b: LapRef, signal?: AbortSignal) =>
    get<Comparison>(`${inSession(id)}/compare?a=${a.driver}:${a.lap}&b=${b.driver}:${b.lap}`, signal),
}
