// Keys of the whole page. Screens handle their own first and stop what they have used.

import { nextSpeed } from './state/clock'
import { app } from './state/app.svelte'
import type { Screen } from './state/route'

/** What the help overlay lists. */
export const KEYS: readonly (readonly [string, string])[] = [
  ['Space', 'play, pause'],
  ['← →', '10 s back, on (with Shift a minute)'],
  ['↑ ↓', 'faster, slower'],
  ['1 2 3 4', 'Wall, Telemetry, Laps, Sessions'],
  ['G', 'follow the newest moment, less the TV delay'],
  ['H', 'what is live, and why not'],
  ['F', 'full screen'],
  ['C', 'copy a link to exactly this'],
  ['Esc', 'nothing selected'],
  ['?', 'this page'],
  ['← →', 'Telemetry: move the cursor (with Shift by 50 m)'],
  ['[ ]', 'Telemetry: previous, next lap of the second car (with Shift of the first)'],
]

const SCREEN_KEYS: Record<string, Screen> = { '1': 'wall', '2': 'telemetry', '3': 'laps', '4': 'sessions' }

function isTyping(target: EventTarget | null): boolean {
  const element = target as HTMLElement | null
  return element !== null && ['INPUT', 'SELECT', 'TEXTAREA'].includes(element.tagName)
}

export function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return
  // The help overlay has keys of its own, and nothing behind it should move.
  if (app.isHelpOpen) return
  if (act(event)) event.preventDefault()
}

/** Does what the key says; false if it says nothing. */
function act({ key, shiftKey, target }: KeyboardEvent): boolean {
  const feed = app.feed
  const screen = SCREEN_KEYS[key]
  if (screen !== undefined && (feed !== null || screen === 'sessions')) {
    app.show(screen)
    return true
  }
  switch (key) {
    case '?':
      app.isHelpOpen = !app.isHelpOpen
      return true
    case 'Escape':
      if (app.isLiveOpen) app.isLiveOpen = false
      else app.selected = null
      app.isSheetOpen = false
      return true
    case 'h':
    case 'H':
      if (feed === null) return false
      app.isLiveOpen = !app.isLiveOpen
      return true
    case 'f':
    case 'F':
      if (document.fullscreenElement) void document.exitFullscreen()
      else void document.documentElement.requestFullscreen().catch(() => app.say('The browser refuses full screen'))
      return true
  }
  if (feed === null || feed.clock === null) return false
  switch (key) {
    case ' ':
      // A focused button takes the space bar for itself.
      if ((target as HTMLElement | null)?.tagName === 'BUTTON') return false
      feed.togglePlay()
      return true
    case 'ArrowLeft':
    case 'ArrowRight':
      feed.seek(feed.now() + (key === 'ArrowLeft' ? -1 : 1) * (shiftKey ? 60_000 : 10_000))
      return true
    case 'ArrowUp':
    case 'ArrowDown':
      // A list that has the focus scrolls.
      if ((target as HTMLElement | null)?.classList.contains('scroll')) return false
      feed.send({ type: 'speed', value: nextSpeed(feed.clock.speed, key === 'ArrowUp' ? 1 : -1) })
      return true
    case 'g':
    case 'G':
      feed.send({ type: 'follow' })
      return true
    case 'c':
    case 'C':
      void app.copyLink()
      return true
  }
  return false
}
