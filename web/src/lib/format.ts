// How numbers are written: one function per kind of figure, so that a lap time looks the same everywhere.

import type { Gap } from './wire'

/** What stands where there is no value. */
export const NONE = '–'

function secondsText(ms: number): string {
  const minutes = Math.floor(ms / 60_000)
  const seconds = Math.floor((ms % 60_000) / 1000)
  const millis = String(ms % 1000).padStart(3, '0')
  if (minutes === 0) return `${seconds}.${millis}`
  return `${minutes}:${String(seconds).padStart(2, '0')}.${millis}`
}

/** `1:23.456`; under a minute `58.123`. */
export function lapTime(ms: number | null | undefined): string {
  return ms == null ? NONE : secondsText(Math.max(0, Math.round(ms)))
}

/** `+0.725`, over a minute `+1:09.473`, lapped `+1 LAP`, the leader `LAP 12`; empty if unknown. */
export function gap(value: Gap | null | undefined): string {
  if (value == null) return ''
  if (value.leader_lap != null) return `LAP ${value.leader_lap}`
  if (value.laps != null) return `+${value.laps} LAP${value.laps === 1 ? '' : 'S'}`
  if (value.ms != null) return `+${secondsText(value.ms)}`
  return ''
}

/** A signed difference in seconds with three decimals: `+0.650`, `−0.012`, `0.000`. */
export function delta(seconds: number | null | undefined): string {
  if (seconds == null || !Number.isFinite(seconds)) return NONE
  const millis = Math.round(seconds * 1000)
  if (millis === 0) return '0.000'
  return `${millis > 0 ? '+' : '−'}${secondsText(Math.abs(millis))}`
}

/** The session clock: `1:18:10`. */
export function clock(ms: number | null | undefined): string {
  if (ms == null) return '–:––:––'
  const total = Math.max(0, Math.floor(ms / 1000))
  const [h, m, s] = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60]
  return `${h}:${String(m).padStart(2, '0')}:${String(s).padStart(2, '0')}`
}

/** Reads `1:18:10`, `78:10`, `4690` (seconds); `null` if it is none of them. */
export function parseClock(text: string): number | null {
  if (!/^\d+(:\d{1,2}){0,2}(\.\d{1,3})?$/.test(text)) return null
  const seconds = text.split(':').reduce((sum, part) => sum * 60 + Number(part), 0)
  return Math.round(seconds * 1000)
}

/** Seconds with one decimal, for pit lane and stop times: `22.4`. */
export function tenths(ms: number | null | undefined): string {
  return ms == null ? NONE : (ms / 1000).toFixed(1)
}

/** A figure with a fixed number of decimals, or the mark for none. */
export function fixed(value: number | null | undefined, decimals = 0): string {
  return value == null || !Number.isFinite(value) ? NONE : value.toFixed(decimals)
}

/** Speed as chosen on the button: `0.25×`, `1×`, `60×`. */
export function speed(value: number): string {
  return `${Number(value.toFixed(2))}×`
}

/** `5.4 MB`. */
export function bytes(n: number): string {
  if (n < 1e3) return `${n} B`
  if (n < 1e6) return `${(n / 1e3).toFixed(0)} kB`
  if (n < 1e9) return `${(n / 1e6).toFixed(1)} MB`
  return `${(n / 1e9).toFixed(1)} GB`
}

/** Compass point a wind comes from: `NE`. */
export function compass(degrees: number): string {
  return ['N', 'NE', 'E', 'SE', 'S', 'SW', 'W', 'NW'][Math.round(degrees / 45) % 8] ?? 'N'
}

/** Time of day at `offset_s` from UTC: `11:35:22`. */
export function timeOfDay(utc_ms: number, offset_s: number): string {
  return new Date(utc_ms + offset_s * 1000).toISOString().slice(11, 19)
}

/** Letter of a compound as painted on the tyre: S, M, H, I, W; `?` if unknown. */
export function compoundLetter(compound: string | null | undefined): string {
  const letter = compound?.[0] ?? '?'
  return 'SMHIW'.includes(letter) ? letter : '?'
}

/** Words of a snake-case kind: `virtual_safety_car` becomes `Virtual safety car`. */
export function words(kind: string): string {
  const text = kind.replaceAll('_', ' ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}
