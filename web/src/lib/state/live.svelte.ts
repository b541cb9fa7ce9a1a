// The channels of one car as they run, for gauges.

import { eachFrame } from '../actions'
import type { Feed } from './feed.svelte'
import type { CarSample } from './frames'

export type Channels = Pick<
  CarSample,
  'speed_kmh' | 'rpm' | 'gear' | 'throttle' | 'brake' | 'drs' | 'isMeasured' | 'distance_m'
>

/** Gauges are read, not admired: a needle that moves 20 times a second is smooth enough. */
const EVERY_MS = 50

function mix(a: number | null, b: number | null, share: number): number | null {
  return a === null || b === null ? a : Math.round(a + (b - a) * share)
}

/** Follows a car; call inside an effect's root. `null` while there is nothing to show. */
export function follow(feed: () => Feed, driver: () => number | null): { readonly channels: Channels | null } {
  let channels = $state.raw<Channels | null>(null)
  let readAt = -Infinity
  let readKey = ''
  $effect(() => {
    const wanted = driver()
    readKey = ''
    return eachFrame((now_ms) => {
      if (now_ms - readAt < EVERY_MS) return
      readAt = now_ms
      const from = feed()
      const at = from.drawnTime()
      const key = `${Math.round(at / 10)}/${from.frames.changes}`
      if (key === readKey) return
      readKey = key
      channels = wanted === null ? null : read(from, wanted, at)
    })
  })
  return {
    get channels() {
      return channels
    },
  }
}

/** Speed, rpm and throttle run evenly between two frames; gear, brake and DRS hold. */
function read(feed: Feed, driver: number, at_ms: number): Channels | null {
  const around = feed.frames.around(at_ms)
  const a = around?.before.cars.get(driver)
  if (around === null || a === undefined) return null
  const b = around.after.cars.get(driver) ?? a
  if (a.speed_kmh === null && a.rpm === null && a.gear === null) return null
  return {
    speed_kmh: mix(a.speed_kmh, b.speed_kmh, around.share),
    rpm: mix(a.rpm, b.rpm, around.share),
    throttle: mix(a.throttle, b.throttle, around.share),
    gear: a.gear,
    brake: a.brake,
    drs: a.drs,
    isMeasured: a.isMeasured,
    distance_m: a.distance_m,
  }
}
