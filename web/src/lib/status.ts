// What the words of the API look like: one table per kind, each with a text beside its colour.

import { words } from './format'

export type Tone = 'green' | 'yellow' | 'red' | 'blue' | 'plain'

/** Track status as shown on the pill; `short` where there is little room. */
export const TRACK: Record<string, { text: string; short: string; tone: Tone }> = {
  clear: { text: 'Track clear', short: 'Clear', tone: 'green' },
  yellow: { text: 'Yellow flag', short: 'Yellow', tone: 'yellow' },
  safety_car: { text: 'Safety car', short: 'SC', tone: 'yellow' },
  red: { text: 'Red flag', short: 'Red', tone: 'red' },
  virtual_safety_car: { text: 'Virtual safety car', short: 'VSC', tone: 'yellow' },
  virtual_safety_car_ending: { text: 'VSC ending', short: 'VSC end', tone: 'yellow' },
}

/** Phases of the session that say more than the track status. */
export const PHASE: Record<string, string> = {
  inactive: 'Not started',
  aborted: 'Suspended',
  finished: 'Finished',
  finalised: 'Finished',
  ends: 'Finished',
}

/** What stands in the interval column of a car that is not simply on the track. */
export const CAR: Record<string, string> = {
  in_pit: 'PIT',
  out_lap: 'OUT LAP',
  stopped: 'STOPPED',
  retired: 'OUT',
  knocked_out: 'OUT',
}

/** Colour and sign of a flag of race control. */
export function flagOf(flag: string | null, category: string): { tone: Tone; sign: string; name: string } {
  switch (flag) {
    case 'green':
    case 'clear':
      return { tone: 'green', sign: '', name: flag === 'green' ? 'Green flag' : 'Clear' }
    case 'yellow':
      return { tone: 'yellow', sign: 'Y', name: 'Yellow flag' }
    case 'double_yellow':
      return { tone: 'yellow', sign: 'YY', name: 'Double yellow flag' }
    case 'red':
      return { tone: 'red', sign: 'R', name: 'Red flag' }
    case 'blue':
      return { tone: 'blue', sign: 'B', name: 'Blue flag' }
    case 'chequered':
      return { tone: 'plain', sign: '▞', name: 'Chequered flag' }
    case 'black_and_white':
      return { tone: 'plain', sign: '◪', name: 'Black-and-white flag' }
    case null:
      break
    default:
      return { tone: 'plain', sign: '', name: flag.replaceAll('_', ' ') }
  }
  if (category === 'safety_car') return { tone: 'yellow', sign: 'SC', name: 'Safety car' }
  return { tone: 'plain', sign: '', name: '' }
}

const FORMATS: Record<string, string> = {
  f1_archive: 'F1 archive',
  mcap: 'MCAP',
  signalr_classic: 'SignalR',
  signalr_core: 'SignalR Core',
  fastf1_client: 'FastF1 client',
  fastf1_tables: 'FastF1 tables',
  tracinginsights: 'TracingInsights',
  timingdata_csv: 'TimingData CSV',
}

/** A recording's format as its makers write it. */
export function formatName(format: string): string {
  return FORMATS[format] ?? words(format)
}
