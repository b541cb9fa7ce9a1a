// The address of the page: enough to come back to the same screen, moment, laps and cursor.

import type { LapRef } from '../api/rest'
import { clock, parseClock } from '../format'

export const SCREENS = ['wall', 'telemetry', 'laps', 'sessions'] as const
export type Screen = (typeof SCREENS)[number]

export type Route = {
  screen: Screen
  session: string | null
  /** Moment on the session clock. */
  t_ms: number | null
  /** Car selected. */
  car: number | null
  /** Laps compared, the reference first. */
  laps: LapRef[]
  /** Where the cursor stands, metres from the line. */
  cursor_m: number | null
  axis: 'distance' | 'time'
}

export const START: Route = {
  screen: 'wall', session: null, t_ms: null, car: null, laps: [], cursor_m: null, axis: 'distance',
}

const digits = (text: string | null): number | null => (text !== null && /^\d{1,6}$/.test(text) ? Number(text) : null)

/** Reads `?session=…&screen=telemetry&t=1:18:10&car=16&laps=81:60,1:70&x=2364`. What makes no sense is left out. */
export function parseRoute(search: string): Route {
  const query = new URLSearchParams(search)
  const laps = (query.get('laps') ?? '').split(',').flatMap((text) => {
    const match = /^(\d{1,3}):(\d{1,3})$/.exec(text)
    return match ? [{ driver: Number(match[1]), lap: Number(match[2]) }] : []
  })
  return {
    screen: SCREENS.find((screen) => screen === query.get('screen')) ?? 'wall',
    session: query.get('session') || null,
    t_ms: parseClock(query.get('t') ?? ''),
    car: digits(query.get('car')),
    laps: laps.slice(0, 4),
    cursor_m: digits(query.get('x')),
    axis: query.get('axis') === 'time' ? 'time' : 'distance',
  }
}

/** Writes what [`parseRoute`] reads; parts that do not matter on the screen are left out. */
export function formatRoute(route: Route): string {
  const parts: string[] = []
  if (route.session !== null) parts.push(`session=${encodeURIComponent(route.session)}`)
  if (route.screen !== 'wall') parts.push(`screen=${route.screen}`)
  if (route.screen === 'sessions') return `?${parts.join('&')}`
  if (route.t_ms !== null) parts.push(`t=${clock(route.t_ms)}`)
  if (route.car !== null) parts.push(`car=${route.car}`)
  if (route.screen === 'telemetry') {
    if (route.laps.length > 0) parts.push(`laps=${route.laps.map((at) => `${at.driver}:${at.lap}`).join(',')}`)
    if (route.cursor_m !== null) parts.push(`x=${Math.round(route.cursor_m)}`)
    if (route.axis === 'time') parts.push('axis=time')
  }
  return parts.length > 0 ? `?${parts.join('&')}` : '?'
}
