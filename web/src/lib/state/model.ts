// What this client knows of the session: a pure fold of the server's snapshots and deltas.
//
// Parts are replaced whole, never edited, so a reader can tell by identity whether what it shows has changed. A batch
// copies each table it touches once, however many messages it holds.

import type {
  Alert, Car, Driver, FeedGap, FeedState, Forecast, Item, Lap, Mark, PitStop, RaceControl, Radio, ServerMessage, Session, Stint, Track, Weather,
} from '../wire'

export type Model = {
  readonly sessionId: string | null
  /** The last change included. */
  readonly version: number
  readonly session: Session | null
  readonly track: Track | null
  readonly weather: Weather | null
  readonly drivers: ReadonlyMap<number, Driver>
  readonly cars: ReadonlyMap<number, Car>
  /** By driver, in order of number. */
  readonly laps: ReadonlyMap<number, readonly Lap[]>
  readonly stints: ReadonlyMap<number, readonly Stint[]>
  readonly pitStops: ReadonlyMap<number, readonly PitStop[]>
  /** In order of index. */
  readonly raceControl: readonly RaceControl[]
  readonly alerts: readonly Alert[]
  readonly radio: readonly Radio[]
  /** By name; empty unless the session has several sources, as a live one does. */
  readonly feeds: ReadonlyMap<string, FeedState>
  readonly gaps: readonly FeedGap[]
  readonly forecast: Forecast | null
  readonly marks: readonly Mark[]
}

export const EMPTY: Model = {
  sessionId: null,
  version: -1,
  session: null,
  track: null,
  weather: null,
  drivers: new Map(),
  cars: new Map(),
  laps: new Map(),
  stints: new Map(),
  pitStops: new Map(),
  raceControl: [],
  alerts: [],
  radio: [],
  feeds: new Map(),
  gaps: [],
  forecast: null,
  marks: [],
}

/** Messages that change the model; clocks and telemetry frames go elsewhere. */
export type ModelMessage = Extract<ServerMessage, { type: 'snapshot' | 'delta' | 'marks' }>

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** A model being changed, and which of its tables are already copies of their own. */
class Draft {
  readonly model: Mutable<Model>
  #own = new Set<unknown>()

  constructor(from: Model) {
    this.model = { ...from }
  }

  #map<V, K = number>(field: 'drivers' | 'cars' | 'laps' | 'stints' | 'pitStops' | 'feeds'): Map<K, V> {
    let map = this.model[field] as unknown as Map<K, V>
    if (!this.#own.has(map)) {
      map = new Map(map)
      this.#own.add(map)
      ;(this.model as Record<string, unknown>)[field] = map
    }
    return map
  }

  #list<V>(list: readonly V[] | undefined): V[] {
    if (list !== undefined && this.#own.has(list)) return list as V[]
    const copy = list === undefined ? [] : [...list]
    this.#own.add(copy)
    return copy
  }

  #put<V extends { driver: number; number: number }>(field: 'laps' | 'stints' | 'pitStops', value: V): void {
    const map = this.#map<readonly V[]>(field)
    const list = this.#list(map.get(value.driver))
    // Nearly always the last one or the next, so look from the end.
    let i = list.length
    while (i > 0 && (list[i - 1] as V).number > value.number) i--
    if (i > 0 && (list[i - 1] as V).number === value.number) list[i - 1] = value
    else list.splice(i, 0, value)
    map.set(value.driver, list)
  }

  #putIndexed<V extends { index: number }>(field: 'raceControl' | 'alerts' | 'radio' | 'gaps', value: V): void {
    const list = this.#list(this.model[field] as unknown as readonly V[])
    let i = list.length
    while (i > 0 && (list[i - 1] as V).index > value.index) i--
    if (i > 0 && (list[i - 1] as V).index === value.index) list[i - 1] = value
    else list.splice(i, 0, value)
    ;(this.model as Record<string, unknown>)[field] = list
  }

  apply(item: Item): void {
    switch (item.kind) {
      case 'session':
        this.model.session = item.value
        return
      case 'track':
        this.model.track = item.value
        return
      case 'weather':
        this.model.weather = item.value
        return
      case 'driver':
        this.#map<Driver>('drivers').set(item.value.driver, item.value)
        return
      case 'car':
        this.#map<Car>('cars').set(item.value.driver, item.value)
        return
      case 'gone':
        this.#map<Car>('cars').delete(item.value)
        return
      case 'lap':
        return this.#put('laps', item.value)
      case 'stint':
        return this.#put('stints', item.value)
      case 'pit_stop':
        return this.#put('pitStops', item.value)
      case 'race_control':
        return this.#putIndexed('raceControl', item.value)
      case 'alert':
        return this.#putIndexed('alerts', item.value)
      case 'radio':
        return this.#putIndexed('radio', item.value)
      case 'feed':
        this.#map<FeedState, string>('feeds').set(item.value.feed, item.value)
        return
      case 'gap':
        return this.#putIndexed('gaps', item.value)
      case 'forecast':
        this.model.forecast = item.value
        return
      default:
        // A newer server may know more kinds than this page.
        item satisfies never
    }
  }
}

/** The model after these messages. The same object if nothing in them was new. */
export function reduce(model: Model, messages: readonly ModelMessage[]): Model {
  let draft: Draft | null = null
  for (const message of messages) {
    if (message.type === 'snapshot') {
      draft = new Draft({ ...EMPTY, sessionId: message.session_id, version: message.version, marks: message.marks })
      for (const item of message.items) draft.apply(item)
      continue
    }
    if (message.type === 'marks') {
      draft ??= new Draft(model)
      draft.model.marks = message.marks
      continue
    }
    const known: Model = draft?.model ?? model
    if (message.version <= known.version) continue
    draft ??= new Draft(model)
    draft.model.version = message.version
    draft.apply(message.item)
  }
  return draft?.model ?? model
}

/** Rows in order of position; cars without one last, by number. */
export function boardOrder(cars: ReadonlyMap<number, Car>): Car[] {
  return [...cars.values()].sort(
    (a, b) => (a.position ?? Infinity) - (b.position ?? Infinity) || a.driver - b.driver,
  )
}

/** True where cars race each other for position, false where they drive for lap time. */
export function isRace(session: Session | null): boolean {
  return session === null || session.kind === 'race' || session.kind === 'sprint' || session.kind === 'unknown'
}

/**
 * When race control issued a message, on the session clock. Who joins in mid-session hears of all earlier messages at
 * once, so when one became known says little then.
 */
export function issuedAt(message: RaceControl, session: Session | null): number {
  const zero_ms = session?.utc_of_zero_ms ?? null
  if (message.utc_ms === null || zero_ms === null) return message.t_ms
  return Math.max(0, Math.min(message.t_ms, message.utc_ms - zero_ms))
}

/** Drivers that share a team with a lower number: shown with the second cue (dashed line, hollow dot). */
export function secondDrivers(drivers: ReadonlyMap<number, Driver>): Set<number> {
  const first = new Map<string, number>()
  const seconds = new Set<number>()
  for (const { driver, team } of [...drivers.values()].sort((a, b) => a.driver - b.driver)) {
    if (team === '') continue
    if (first.has(team)) seconds.add(driver)
    else first.set(team, driver)
  }
  return seconds
}
