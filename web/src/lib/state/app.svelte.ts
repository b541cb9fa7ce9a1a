// The page as a whole: which screen, which session, what is selected, and how it looks.

import { teamColour, teamRgb, type Rgb, type Theme } from '../colour'
import { api, type LapRef } from '../api/rest'
import type { Driver } from '../wire'
import { Feed, SessionList } from './feed.svelte'
import { LiveWatch } from './live_watch.svelte'
import { secondDrivers } from './model'
import { formatRoute, parseRoute, type Route, type Screen } from './route'

export type ThemeChoice = 'system' | Theme
export type Palette = 'usual' | 'blind'

function remembered<T extends string>(key: string, allowed: readonly T[], otherwise: T): T {
  try {
    const found = localStorage.getItem(`overcut.${key}`)
    return allowed.find((value) => value === found) ?? otherwise
  } catch {
    // A browser that forbids storage still gets the dashboard, as it comes.
    return otherwise
  }
}

function remember(key: string, value: string): void {
  try {
    localStorage.setItem(`overcut.${key}`, value)
  } catch {
    app.say('The browser does not let this be remembered')
  }
}

const NO_DRIVERS: ReadonlyMap<number, Driver> = new Map()

class App {
  screen = $state<Screen>('wall')
  feed = $state.raw<Feed | null>(null)
  readonly sessions = new SessionList()
  selected = $state<number | null>(null)
  laps = $state.raw<LapRef[]>([])
  cursor_m = $state<number | null>(null)
  axis = $state<'distance' | 'time'>('distance')
  isHelpOpen = $state(false)
  isSheetOpen = $state(false)
  isLiveOpen = $state(false)
  readonly live = new LiveWatch((before, now) => void this.#sessionBegan(before, now))
  /** A session that has begun while another is looked at: its id and name. */
  offer = $state.raw<{ id: string; name: string } | null>(null)
  /** A short word to the user, such as that the link was copied. */
  note = $state<string | null>(null)

  themeChoice = $state<ThemeChoice>(remembered('theme', ['system', 'dark', 'light'], 'system'))
  palette = $state<Palette>(remembered('palette', ['usual', 'blind'], 'usual'))
  systemTheme = $state<Theme>('dark')
  theme = $derived<Theme>(this.themeChoice === 'system' ? this.systemTheme : this.themeChoice)

  /** Keeps its identity while the entry list does: the model is new with every fold, and colours are read everywhere. */
  drivers = $derived<ReadonlyMap<number, Driver>>(this.feed?.model.drivers ?? NO_DRIVERS)
  /** Drivers shown with the second cue. */
  seconds = $derived(secondDrivers(this.drivers))
  /** True if the address names neither a session nor the list of them. */
  #wantsCurrent = false
  #noteTimer: ReturnType<typeof setTimeout> | undefined

  start(): void {
    const light = window.matchMedia('(prefers-color-scheme: light)')
    this.systemTheme = light.matches ? 'light' : 'dark'
    light.addEventListener('change', () => (this.systemTheme = light.matches ? 'light' : 'dark'))
    window.addEventListener('popstate', () => this.#enter(parseRoute(location.search)))
    this.#enter(parseRoute(location.search))
    this.#wantsCurrent = this.feed === null && !location.search.includes('screen=sessions')
    void this.live.ask()
    void this.look()
  }

  /** Looks for sessions. Without one in the address, opens the one that is on or that the server was started with. */
  async look(): Promise<void> {
    void this.sessions.load()
    if (!this.#wantsCurrent || this.feed !== null) return
    const health = await api.health().catch(() => null)
    if (health?.current_session && this.feed === null) this.open(health.current_session)
  }

  #enter(route: Route): void {
    this.screen = route.session === null ? 'sessions' : route.screen
    this.selected = route.car
    this.laps = route.laps
    this.cursor_m = route.cursor_m
    this.axis = route.axis
    if (route.session === null) return
    if (this.feed?.sessionId !== route.session) this.#connect(route.session, route.t_ms)
    else if (route.t_ms !== null) this.feed.seek(route.t_ms)
  }

  #connect(id: string, t_ms: number | null, delay_s = 0): void {
    this.feed?.close()
    this.feed = new Feed(id, t_ms, delay_s)
  }

  async #nameOf(id: string): Promise<string> {
    await this.sessions.load()
    const summary = this.sessions.items?.find((item) => item.id === id)
    return summary ? `${summary.meeting} ${summary.name}` : id
  }

  // Who has rewound, or looks at nothing yet, is asked; who follows is told by the server when the time has come.
  async #sessionBegan(before: string | null, id: string): Promise<void> {
    const name = await this.#nameOf(id)
    const isInIt = this.feed === null || this.feed.sessionId === before
    if (isInIt && this.feed?.clock?.is_following !== true) this.offer = { id, name }
  }

  /** Goes along to the session after the one that was followed to its end. */
  async followOn(id: string): Promise<void> {
    this.goOn(id)
    this.say(`A new session has begun: ${await this.#nameOf(id)}`, 8000)
  }

  /** From one live session to the next: the screen, the selected car and the delay stay. */
  goOn(id: string): void {
    const delay_s = this.feed?.clock?.delay_s ?? 0
    this.offer = null
    this.laps = []
    this.cursor_m = null
    if (this.screen === 'sessions') this.screen = 'wall'
    this.#connect(id, null, delay_s)
  }

  open(id: string): void {
    if (this.feed?.sessionId !== id) {
      this.selected = null
      this.laps = []
      this.cursor_m = null
      this.#connect(id, null)
    }
    this.show('wall')
  }

  show(screen: Screen): void {
    if (screen === this.screen) return
    this.screen = screen
    history.pushState(null, '', formatRoute(this.route()))
  }

  select(driver: number | null): void {
    this.selected = this.selected === driver ? null : driver
  }

  /** The address of what is shown now. */
  route(): Route {
    const feed = this.feed
    const isHere = feed !== null && feed.clock !== null && !feed.clock.is_following
    return {
      screen: this.screen,
      session: feed?.sessionId ?? null,
      t_ms: isHere ? feed.now() : null,
      car: this.selected,
      laps: this.laps,
      cursor_m: this.cursor_m,
      axis: this.axis,
    }
  }

  /** Puts the address of what is shown into the address bar. */
  writeAddress(): void {
    const wanted = formatRoute(this.route())
    if (wanted !== location.search) history.replaceState(null, '', wanted)
  }

  async copyLink(): Promise<void> {
    this.writeAddress()
    try {
      await navigator.clipboard.writeText(location.href)
      this.say('Link copied')
    } catch {
      this.say('The link is in the address bar; the browser did not let it be copied')
    }
  }

  say(note: string, for_ms = 2500): void {
    this.note = note
    clearTimeout(this.#noteTimer)
    this.#noteTimer = setTimeout(() => (this.note = null), for_ms)
  }

  chooseTheme(choice: ThemeChoice): void {
    this.themeChoice = choice
    remember('theme', choice)
  }

  choosePalette(palette: Palette): void {
    this.palette = palette
    remember('palette', palette)
  }

  driver(number: number): Driver | undefined {
    return this.drivers.get(number)
  }

  tla(number: number): string {
    return this.driver(number)?.tla ?? String(number)
  }

  /** Team colour of a car on the present ground, for bars, dots and lines. */
  colour(number: number): string {
    return teamColour(this.driver(number)?.team_colour ?? '', this.theme)
  }

  /** The same with enough contrast for text. */
  textColour(number: number): string {
    return teamColour(this.driver(number)?.team_colour ?? '', this.theme, 4.5)
  }

  rgb(number: number): Rgb {
    return teamRgb(this.driver(number)?.team_colour ?? '', this.theme)
  }
}

export const app = new App()
