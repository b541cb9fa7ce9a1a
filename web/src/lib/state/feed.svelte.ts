// What the server says of one session, made readable by the screens.
//
// Messages are collected and folded together before a frame is painted, so that a burst (60× speed) costs one update.

import { keepStill } from '../actions'
import { TimelineSocket } from '../api/socket'
import { api, ApiError } from '../api/rest'
import type { ClientMessage, Clock, ServerMessage, SessionSummary, TrackMap } from '../wire'
import { timeAt, type ClockReading } from './clock'
import { Frames } from './frames'
import { EMPTY, reduce, type Model, type ModelMessage } from './model'

export type Connection = 'connecting' | 'open' | 'lost' | 'refused'

/** The board is read, not watched: ten times a second is live, and spares a phone's battery. */
const FOLD_EVERY_MS = 100
/** How often cars are asked for, per second of wall time. */
const TELEMETRY_HZ = 10

export class Feed {
  model = $state.raw<Model>(EMPTY)
  clock = $state.raw<Clock | null>(null)
  map = $state.raw<TrackMap | null>(null)
  /** Why there is no map, in words. */
  mapProblem = $state<string | null>(null)
  connection = $state<Connection>('connecting')
  /** True if the server plays this recording on a clock of its own, for everybody who follows. */
  hasHouseClock = $state(false)
  retryAt = $state(0)
  /** The last refusal of the server. */
  problem = $state<string | null>(null)
  /** Wall time of the last word from the server. */
  heardAt = 0
  readonly frames = new Frames()
  /** The live session that came after this one, once the server says so. */
  successor = $state<string | null>(null)

  #reading: ClockReading | null = null
  #pending: ModelMessage[] = []
  #isScheduled = false
  #flushedAt = -Infinity
  #socket: TimelineSocket
  #abort = new AbortController()
  #hasMap = false
  #wasPlaying = false
  /** How far frames are behind the clock: samples of a live session come late. */
  #behind_ms = 300

  constructor(
    readonly sessionId: string,
    startAt_ms: number | null,
    startDelay_s = 0,
  ) {
    let isFirst = true
    this.#socket = new TimelineSocket(sessionId, {
      opening: () => {
        const clock = this.clock
        // A moment that the session does not have is refused, so it is asked for once only.
        if (clock === null) {
          const delay = startDelay_s > 0 ? { delay_s: startDelay_s } : {}
          return isFirst && startAt_ms !== null ? { t_ms: startAt_ms, paused: true } : delay
        }
        const { delay_s, speed } = clock
        if (clock.is_following) return { follow: true, delay_s }
        return { t_ms: Math.round(this.now()), delay_s, speed, paused: !this.#wasPlaying }
      },
      opened: () => {
        isFirst = false
        this.connection = 'open'
        void this.#askForHouse()
        this.send({ type: 'telemetry', hz: TELEMETRY_HZ, drivers: [] })
      },
      message: (message) => this.#receive(message),
      lost: (retryAt, wasOpen) => {
        isFirst = false
        this.retryAt = retryAt
        if (!wasOpen) return void this.#askWhy()
        this.connection = 'lost'
        if (this.clock === null) return
        // Nothing more comes: let the clock stand where it is.
        this.#wasPlaying = this.clock.is_playing
        this.#setClock({ ...this.clock, t_ms: this.now(), is_playing: false })
      },
    })
    this.#loadMap()
  }

  /** Session time of this client now, between the server's words too. Not reactive: read it when painting. */
  now(): number {
    return this.#reading === null ? 0 : timeAt(this.#reading, performance.now())
  }

  /** The moment to draw cars at: far enough back that the frame after it has nearly always arrived. */
  drawnTime(): number {
    const speed = this.clock?.is_playing ? this.clock.speed : 0
    return this.now() - this.#behind_ms - (1500 / TELEMETRY_HZ) * speed
  }

  send(message: ClientMessage): void {
    this.#socket.send(message)
  }

  seek(t_ms: number): void {
    const clock = this.clock
    if (clock === null) return
    const held = Math.min(clock.head_ms, Math.max(clock.start_ms, t_ms))
    // Show the new time at once; the server's answer follows within a frame or two.
    this.#setClock({ ...clock, t_ms: held, is_following: false })
    this.send({ type: 'seek', t_ms: Math.round(held) })
  }

  togglePlay(): void {
    const clock = this.clock
    if (clock === null) return
    const atEnd = !clock.is_live && this.now() >= clock.head_ms
    if (!clock.is_playing && atEnd) this.seek(this.model.session?.started_at_ms ?? clock.start_ms)
    this.#setClock({ ...clock, t_ms: this.now(), is_playing: !clock.is_playing })
    this.send({ type: clock.is_playing ? 'pause' : 'play' })
  }

  retry(): void {
    this.#socket.retry()
  }

  close(): void {
    this.#abort.abort()
    this.#socket.close()
  }

  #setClock(clock: Clock): void {
    this.#reading = { clock, at_ms: performance.now() }
    this.clock = clock
  }

  #receive(message: ServerMessage): void {
    this.heardAt = Date.now()
    switch (message.type) {
      case 'snapshot':
      case 'delta':
      case 'marks':
        this.#pending.push(message)
        this.#schedule()
        if (message.type === 'snapshot') {
          this.frames.clear()
          keepStill()
        }
        return
      case 'clock': {
        const { type: _, ...clock } = message
        this.#setClock(clock)
        return
      }
      case 'telemetry':
        this.#measureBehind(this.now() - message.t_ms)
        this.frames.push(message.t_ms, message.cars)
        return
      case 'successor':
        this.successor = message.session_id
        return
      case 'error':
        this.problem = message.message
    }
  }

  /** Frames come at an even pace, but each is a little early or late: cars must not jerk with them. */
  #measureBehind(behind_ms: number): void {
    const change = behind_ms - this.#behind_ms
    this.#behind_ms += Math.abs(change) > 1500 ? change : change * 0.08
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    const flush = (): void => {
      this.#isScheduled = false
      this.#flushedAt = performance.now()
      this.#flush()
    }
    const wait_ms = this.#flushedAt + FOLD_EVERY_MS - performance.now()
    // A hidden page paints no frames, but must not hoard messages either.
    if (document.hidden) setTimeout(flush, 500)
    else if (wait_ms > 0) setTimeout(() => (document.hidden ? flush() : requestAnimationFrame(flush)), wait_ms)
    else requestAnimationFrame(flush)
  }

  #flush(): void {
    const pending = this.#pending
    this.#pending = []
    const before = this.model
    this.model = reduce(before, pending)
    if (!this.#hasMap && this.mapProblem !== null && this.model.track !== before.track) this.#loadMap()
  }

  /** A WebSocket does not say why it was refused; the same session over REST does. */
  async #askWhy(): Promise<void> {
    try {
      await api.session(this.sessionId, this.#abort.signal)
    } catch (error) {
      if (this.#abort.signal.aborted) return
      if (!(error instanceof ApiError) || error.status >= 500) {
        this.connection = 'lost'
        return
      }
      this.connection = 'refused'
      this.problem = error.message
      this.#socket.close()
    }
  }

  async #askForHouse(): Promise<void> {
    const detail = await api.session(this.sessionId, this.#abort.signal).catch(() => null)
    if (detail !== null) this.hasHouseClock = detail.house_ms < detail.head_ms
  }

  async #loadMap(): Promise<void> {
    try {
      this.map = await api.track(this.sessionId, this.#abort.signal)
      this.#hasMap = true
      this.mapProblem = null
    } catch (error) {
      if (!this.#abort.signal.aborted) this.mapProblem = (error as Error).message
    }
  }
}

/** The list of recordings, loaded once and again on demand. */
export class SessionList {
  items = $state.raw<readonly SessionSummary[] | null>(null)
  problem = $state<string | null>(null)

  async load(): Promise<void> {
    try {
      this.items = await api.sessions()
      this.problem = null
    } catch (error) {
      this.problem = (error as Error).message
    }
  }
}
