import { expect, test } from 'vitest'
import { age, badgeOf, credentialOf, gapLine, phaseOf, tagOf, troubleOf, type BadgeInput } from './origin'
import type { Clock, FeedGap, FeedState, LiveHealth, SourceHealth } from './wire'

const state = (over: Partial<FeedState>): FeedState => ({
  feed: 'timing', source: 'signalr', liveness: 'live', delay_ms: 400, last_at_ms: 100_000, reason: '', t_ms: 90_000, ...over,
})
const feeds = (...states: FeedState[]): Map<string, FeedState> => new Map(states.map((one) => [one.feed, one]))
const clock: Clock = {
  t_ms: 100_000, start_ms: 0, head_ms: 100_000, is_playing: true, speed: 1, delay_s: 0, is_following: true, is_live: true,
}
const source = (over: Partial<SourceHealth>): SourceHealth => ({
  source: 'signalr', phase: 'connected', since_s: 5, detail: '', last_message_age_ms: 10, n_messages: 1, n_bytes: 1,
  n_failures: 0, retry_in_ms: null, credential: null, ...over,
})
const health = (over: Partial<LiveHealth>): LiveHealth => ({
  status: 'ok', reasons: [], session_id: 's', sources: [], recorder: null, feeds: [], ...over,
})
const badge = (over: Partial<BadgeInput>) =>
  badgeOf({
    connection: 'open', clock, now_ms: 100_000, heard_ms: 200, feeds: feeds(state({})), health: null, hasSession: true, format: 'MCAP', ...over,
  })

test('ages are written as short as they are true', () => {
  expect([0, 420, 2_900, 7_000, 61_000, 200_000, 3_753_000].map(age)).toEqual(
    ['0.0 s', '0.4 s', '2.9 s', '7 s', '61 s', '3:20', '1:02:33'],
  )
})

test('the badge says the worst that is true', () => {
  const recorder = {
    state: 'stopped', reason: 'disk full', file: null, size_bytes: 0, n_messages: 0, unflushed_age_ms: null,
    n_lost_messages: 0, n_lost_bytes: 0,
  }
  const late = state({ liveness: 'late', source: 'archive', delay_ms: 7_000 })
  const missing = state({ liveness: 'missing', source: null, delay_ms: null })
  const cases: [Partial<BadgeInput>, string, string, string][] = [
    [{}, 'live · 0.4 s', 'live', 'good'],
    [{ feeds: feeds(state({}), state({ feed: 'cars', liveness: 'missing' })) }, 'live · 0.4 s', 'late', 'good'],
    [{ feeds: feeds(state({}), state({ feed: 'extras', liveness: 'missing' })) }, 'live · 0.4 s', 'live', 'good'],
    [{ feeds: feeds(state({}), state({ feed: 'pit_stops', liveness: 'missing' })) }, 'live · 0.4 s', 'live', 'good'],
    [{ feeds: feeds(late) }, 'late · archive, 7 s behind', 'late', 'warn'],
    [{ feeds: feeds(state({ liveness: 'late', delay_ms: 12_000 })) }, 'late · 12 s behind', 'late', 'warn'],
    [{ feeds: feeds(missing) }, 'no timing', 'missing', 'bad'],
    [{ feeds: feeds(missing), health: health({ sources: [source({ phase: 'waiting' })] }) }, 'reconnecting', 'missing', 'bad'],
    [{ now_ms: 60_000 }, 'live −40 s', 'live', ''],
    [{ health: health({ recorder }) }, 'recording stopped: disk full', 'missing', 'bad'],
    [{ health: health({ recorder: { ...recorder, state: 'recording' } }) }, 'recording waits: disk full', 'late', 'bad'],
    [{ connection: 'lost', health: health({ recorder }) }, 'reconnecting', 'missing', 'bad'],
    [{ feeds: feeds() }, 'live · 0.2 s', 'live', 'good'],
    [{ feeds: feeds(), clock: { ...clock, is_live: false } }, 'MCAP · 0.2 s', 'live', ''],
    [{ feeds: feeds(), clock: { ...clock, is_live: false, is_playing: false } }, 'MCAP · paused', 'live', ''],
  ]
  for (const [input, text, shape, tone] of cases) expect(badge(input)).toMatchObject({ text, shape, tone })
})

test('the badge says where a live session comes from', () => {
  const archive = { source: 'archive', delay_ms: 4_200 }
  const cases: [FeedState[], string, string, string][] = [
    // Live timing alone, with a token.
    [[state({}), state({ feed: 'cars' }), state({ feed: 'positions' })], 'live · 0.4 s', 'live', 'good'],
    // Live timing without a token, car data from the archive.
    [[state({}), state({ feed: 'cars', liveness: 'late', ...archive })], 'live · 0.4 s', 'late', 'good'],
    [[state(archive), state({ feed: 'cars', ...archive })], 'live · archive, 4 s behind', 'live', ''],
    [[state({ ...archive, delay_ms: null })], 'live · archive', 'live', ''],
    [[state({ source: 'openf1', delay_ms: 5_000 })], 'live · OpenF1, 5 s behind', 'live', ''],
    [[state({}), state({ feed: 'positions', liveness: 'estimated', source: 'estimate' })], 'live · positions estimated', 'late', 'good'],
    [[state({ source: null, delay_ms: null, liveness: 'missing' })], 'no timing', 'missing', 'bad'],
  ]
  for (const [states, text, shape, tone] of cases) expect(badge({ feeds: feeds(...states) })).toMatchObject({ text, shape, tone })
  expect(badge({ feeds: feeds(state(archive)) })).toMatchObject({ brief: 'archive 4 s', word: 'live from archive' })
})

test('before there is a session the badge says whether anybody could tell of one', () => {
  const cases: [SourceHealth['phase'][], string, string][] = [
    [[], 'connecting', ''],
    [['off', 'connecting'], 'connecting', ''],
    [['waiting', 'waiting'], 'no connection', 'bad'],
    [['waiting', 'idle'], 'waiting for a session', ''],
    [['connected'], 'waiting for a session', ''],
  ]
  for (const [phases, text, tone] of cases) {
    const sources = [...phases.map((phase) => source({ phase })), source({ source: 'open_meteo', phase: 'idle' })]
    expect(badge({ hasSession: false, feeds: feeds(), health: health({ sources }) })).toMatchObject({ text, tone })
  }
})

test('what is announced does not change with the age', () => {
  const late = (delay_ms: number) => badge({ feeds: feeds(state({ liveness: 'late', source: 'archive', delay_ms })) }).word
  expect(late(7_000)).toBe(late(8_000))
})

test('a tag says how old, from where, or why not', () => {
  const cases: [Partial<FeedState> | undefined, string | null][] = [
    [undefined, null],
    [{}, null],
    [{ liveness: 'late', source: 'archive', delay_ms: 8_000 }, '8 s behind · archive'],
    [{ liveness: 'late', source: 'openf1', delay_ms: null }, '20 s behind · OpenF1'],
    [{ liveness: 'estimated', source: 'estimate', reason: 'estimated from mini-sectors' }, 'estimated from mini-sectors'],
    [{ liveness: 'estimated', source: 'estimate' }, 'estimated'],
    [{ liveness: 'missing', source: null, reason: 'no car data without an F1TV token' }, 'no car data without an F1TV token'],
    [{ liveness: 'missing', source: null }, 'missing for 20 s'],
    [{ liveness: 'missing', source: null, last_at_ms: null }, 'missing'],
  ]
  for (const [over, want] of cases) expect(tagOf(over && state(over), 120_000)).toBe(want)
  const all = feeds(state({}), state({ feed: 'cars', liveness: 'missing', source: null, reason: 'no token' }))
  expect(troubleOf(all, 0)).toBe('Car data: no token')
})

test('sources say what they are doing, and when they try again', () => {
  expect(phaseOf(source({ phase: 'waiting', retry_in_ms: 8_200 })).text).toBe('tries again in 9 s')
  expect(phaseOf(source({ since_s: 754 })).text).toBe('connected for 12:34')
  expect(phaseOf(source({ phase: 'off' })).shape).toBe('idle')
})

test('a token is spoken of only when something is wrong with it', () => {
  const of = (credential: SourceHealth['credential']) => credentialOf(source({ credential }), 0)
  expect(of(null)).toBe(null)
  expect(of({ state: 'good', expires_utc_ms: 1 })).toBe(null)
  expect(of({ state: 'expiring', expires_utc_ms: 3 * 3_600_000 })).toContain('ends in 3 h')
  expect(of({ state: 'expiring', expires_utc_ms: 1_800_000 })).toContain('ends in 30 min')
  expect(of({ state: 'rejected', expires_utc_ms: null })).toContain('rejected')
  expect(of({ state: 'expired', expires_utc_ms: 0 })).toContain('expired')
})

test('a gap tells when it was and what became of it', () => {
  const gap = (over: Partial<FeedGap>): FeedGap => ({
    index: 0, feeds: ['timing', 'cars'], from_ms: 2_960_000, to_ms: 3_036_000, filled_by: null, reason: '', t_ms: 0, ...over,
  })
  expect(gapLine(gap({}))).toEqual({ when: '0:49:20–0:50:36', what: 'timing, car data', fate: 'not filled' })
  expect(gapLine(gap({ filled_by: 'archive' })).fate).toBe('filled from archive')
  expect(gapLine(gap({ to_ms: null }))).toMatchObject({ when: 'since 0:49:20', fate: 'still open' })
})
