// Where values come from and how fresh they are, in words: the badge, the tags on panels, the lines of the panel.

import type { Clock, FeedGap, FeedState, LiveHealth, SourceHealth } from './wire'
import { clock as clockText, words } from './format'

export type Liveness = 'live' | 'late' | 'estimated' | 'missing'
/** How a dot looks; `idle` is for what is not expected to do anything. */
export type Shape = Liveness | 'idle'
export type Feeds = ReadonlyMap<string, FeedState>

/** Feeds in the order to show them, and their names. */
export const FEEDS: Readonly<Record<string, string>> = {
  session: 'Session', timing: 'Timing', tyres: 'Tyres', race_control: 'Race control', weather: 'Weather',
  cars: 'Car data', positions: 'Positions', pit_stops: 'Pit stops', extras: 'Radio and more',
}

const SOURCES: Readonly<Record<string, string>> = {
  signalr: 'live timing', archive: 'archive', openf1: 'OpenF1', open_meteo: 'Open-Meteo', estimate: 'estimate',
}

export function feedName(feed: string): string {
  return FEEDS[feed] ?? words(feed)
}

export function sourceName(source: string): string {
  return SOURCES[source] ?? source
}

/** `0.4 s`, `12 s`, `3:20`, `1:02:33`. */
export function age(ms: number): string {
  if (ms < 2_950) return `${(Math.max(0, ms) / 1000).toFixed(1)} s`
  if (ms < 89_500) return `${Math.round(ms / 1000)} s`
  return clockText(ms).replace(/^0:0?/, '')
}

/** The same in whole seconds. */
function whole(ms: number): string {
  return ms < 2_950 ? `${Math.max(0, Math.round(ms / 1000))} s` : age(ms)
}

/** How old the values of a feed are at a moment: as its source usually is, or else since something last came. */
export function feedAge(state: FeedState, now_ms: number): number | null {
  if (state.source !== null && state.delay_ms !== null) return state.delay_ms
  return state.liveness === 'live' || state.last_at_ms === null ? null : Math.max(0, now_ms - state.last_at_ms)
}

/** What a panel says of its feed; `null` if there is nothing to say: it is live, or the session has one source only. */
export function tagOf(state: FeedState | undefined, now_ms: number): string | null {
  if (state === undefined || state.liveness === 'live') return null
  const behind_ms = feedAge(state, now_ms)
  const from = state.source === null || state.source === 'estimate' ? '' : ` · ${sourceName(state.source)}`
  switch (state.liveness) {
    case 'late':
      return behind_ms === null ? `late${from}` : `${age(behind_ms)} behind${from}`
    case 'estimated':
      return state.reason.startsWith('estimated') ? state.reason : `estimated${from}`
    default:
      return state.reason !== '' ? state.reason : behind_ms === null ? 'missing' : `missing for ${age(behind_ms)}`
  }
}

export type Badge = {
  /** What it says, with the age. */
  text: string
  /** The same where there is little room. */
  brief: string
  /** The same without figures that change by themselves: what is announced. */
  word: string
  shape: Liveness
  tone: 'good' | 'warn' | 'bad' | ''
}

export type BadgeInput = {
  connection: 'connecting' | 'open' | 'lost' | 'refused'
  clock: Clock | null
  now_ms: number
  /** Since the last word of the server. */
  heard_ms: number
  feeds: Feeds
  health: LiveHealth | null
  /** False while nobody has told us of a session yet. */
  hasSession: boolean
  /** The recording's format, for one that is not live. */
  format: string
}

/** Feeds that may be missing from a session in which all is well: nobody has stopped, or nobody has spoken yet. */
const MAY_BE_ABSENT = ['pit_stops', 'extras']

/** One dot and one word: the worst that is true. */
export function badgeOf(input: BadgeInput): Badge {
  const { connection, clock, now_ms, heard_ms, feeds, health } = input
  if (connection !== 'open') {
    return connection === 'refused' ? say('no connection', 'missing', 'bad') : say('reconnecting', 'missing', 'bad', '…')
  }
  const recorder = health?.recorder
  if (recorder?.state === 'stopped') {
    const why = recorder.reason === '' ? '' : `: ${recorder.reason}`
    return say(`recording stopped${why}`, 'missing', 'bad', 'not recording', 'recording stopped')
  }
  if (recorder?.reason) return say(`recording waits: ${recorder.reason}`, 'late', 'bad', 'disk', 'recording waits')
  const partly = [...feeds.values()].some((state) => state.liveness !== 'live' && !MAY_BE_ABSENT.includes(state.feed))
  const shape: Liveness = partly ? 'late' : 'live'
  if (clock === null || !clock.is_live) {
    const isStale = heard_ms > 3000
    const text = clock?.is_playing ? `${input.format} · ${age(heard_ms)}` : `${input.format} · paused`
    return say(text, isStale ? 'missing' : shape, isStale ? 'bad' : '', clockText(now_ms), input.format)
  }
  if (!input.hasSession) return waitingBadge(health)
  const behind_ms = clock.head_ms - now_ms
  if (behind_ms > 2500 || !clock.is_playing) {
    const text = `${clock.is_playing ? 'live' : 'paused'} −${whole(behind_ms)}`
    return say(text, shape, '', text.replace('live ', ''), clock.is_playing ? 'behind live' : 'paused')
  }
  const timing = feeds.get('timing')
  if (timing?.liveness === 'missing') {
    const isTrying = health?.sources.some((source) => ['connecting', 'waiting'].includes(source.phase))
    return isTrying ? say('reconnecting', 'missing', 'bad', '…') : say('no timing', 'missing', 'bad')
  }
  return liveBadge(feeds, now_ms, heard_ms, shape)
}

function say(text: string, shape: Liveness, tone: Badge['tone'], brief = text, word = text): Badge {
  return { text, brief, word, shape, tone }
}

/** What there is to say before a session is known: whether anybody could tell us of one. */
function waitingBadge(health: LiveHealth | null): Badge {
  const phases = new Set(usedSources(health).map((source) => source.phase))
  if (phases.has('connected') || phases.has('idle')) return say('waiting for a session', 'late', '', 'waiting')
  return phases.has('connecting') || phases.size === 0
    ? say('connecting', 'late', '', '…')
    : say('no connection', 'missing', 'bad')
}

/** The sources that can tell of a session and are not switched off. */
export function usedSources(health: LiveHealth | null): SourceHealth[] {
  return health?.sources.filter((source) => source.phase !== 'off' && source.source !== 'open_meteo') ?? []
}

/** At the head of a session that is on: from where timing comes, and how late. */
function liveBadge(feeds: Feeds, now_ms: number, heard_ms: number, shape: Liveness): Badge {
  const timing = feeds.get('timing')
  const behind_ms = timing === undefined ? null : feedAge(timing, now_ms)
  const isLate = timing !== undefined && timing.liveness !== 'live'
  const isPushed = timing === undefined || timing.source === null || timing.source === 'signalr'
  if (isLate || !isPushed) {
    const word = isLate ? 'late' : 'live'
    const from = isPushed ? '' : sourceName(timing?.source ?? '')
    // How far behind a source is takes a while to learn.
    const behind = behind_ms === null ? '' : age(behind_ms)
    const told = [from, behind && `${behind} behind`].filter(Boolean).join(', ')
    const brief = `${from || word} ${behind}`.trim()
    return say(
      told === '' ? word : `${word} · ${told}`, isLate ? 'late' : shape, isLate ? 'warn' : '', brief,
      from === '' ? word : `${word} from ${from}`,
    )
  }
  const tone = heard_ms > 3000 ? 'bad' : 'good'
  if (feeds.get('positions')?.liveness === 'estimated') {
    return say('live · positions estimated', shape, tone, 'live', 'live, positions estimated')
  }
  return say(`live · ${age(behind_ms ?? heard_ms)}`, shape, tone, 'live', 'live')
}

/** Everything that is not live, in one line. */
export function troubleOf(feeds: Feeds, now_ms: number): string {
  return [...feeds.values()]
    .flatMap((state) => {
      const tag = tagOf(state, now_ms)
      return tag === null ? [] : [`${feedName(state.feed)}: ${tag}`]
    })
    .join('; ')
}

/** What a source is doing: `connected for 12:34`, `tries again in 9 s`. */
export function phaseOf(source: SourceHealth): { text: string; shape: Shape } {
  const since = whole(source.since_s * 1000)
  switch (source.phase) {
    case 'connected':
      return { text: `connected for ${since}`, shape: 'live' }
    case 'connecting':
      return { text: `connecting for ${since}`, shape: 'late' }
    case 'waiting':
      return { text: `tries again in ${Math.ceil((source.retry_in_ms ?? 0) / 1000)} s`, shape: 'missing' }
    case 'idle':
      return { text: 'nothing to do', shape: 'idle' }
    default:
      return { text: 'off', shape: 'idle' }
  }
}

/** What to know about a source's credential; `null` if nothing is wrong with it. */
export function credentialOf(source: SourceHealth, now_utc_ms: number): string | null {
  const credential = source.credential
  if (credential === null || credential.state === 'good') return null
  const name = sourceName(source.source)
  if (credential.state === 'expired') return `The token for ${name} has expired. Set a new one to get car data again.`
  if (credential.state === 'rejected') return `The token or password for ${name} was rejected. It goes on without.`
  const left_ms = (credential.expires_utc_ms ?? now_utc_ms) - now_utc_ms
  const left = left_ms < 5_400_000 ? `${Math.max(0, Math.round(left_ms / 60_000))} min` : `${Math.round(left_ms / 3_600_000)} h`
  return `The token for ${name} ends in ${left}.`
}

/** A gap as a line: `0:49:20–0:50:36, 1:16`, and what became of it. */
export function gapLine(gap: FeedGap): { when: string; what: string; fate: string } {
  const when = gap.to_ms === null ? `since ${clockText(gap.from_ms)}` : `${clockText(gap.from_ms)}–${clockText(gap.to_ms)}`
  const what = gap.feeds.map((feed) => feedName(feed).toLowerCase()).join(', ')
  const fate =
    gap.filled_by !== null ? `filled from ${sourceName(gap.filled_by)}` : gap.to_ms === null ? 'still open' : 'not filled'
  return { when, what, fate }
}
