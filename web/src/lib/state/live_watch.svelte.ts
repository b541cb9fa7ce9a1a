// How live sources and recorder are now, whatever the clock of this page says. Asked for, since it belongs to no moment
// of the session: every few seconds while the server runs a live session, not at all otherwise.

import { api } from '../api/rest'
import type { LiveHealth } from '../wire'

const EVERY_MS = 3000
const HIDDEN_EVERY_MS = 20_000

export class LiveWatch {
  /** `null` if the server runs no live session. */
  health = $state.raw<LiveHealth | null>(null)
  /** True if the last answer is older than it should be. */
  isOld = $state(false)
  #timer: ReturnType<typeof setTimeout> | undefined
  #isAsking = false

  /** `changed` hears of another session being live: the one before, and the one now. */
  constructor(readonly changed: (before: string | null, now: string) => void) {}

  /** Asks now, and goes on asking while there is something to ask about. */
  async ask(): Promise<void> {
    if (this.#isAsking) return
    this.#isAsking = true
    clearTimeout(this.#timer)
    try {
      const [before, now] = [this.health, await api.live()]
      this.health = now
      this.isOld = false
      const session = now?.session_id ?? null
      if (before !== null && session !== null && session !== before.session_id) this.changed(before.session_id, session)
    } catch {
      // The server is away, which the page says already.
      this.isOld = true
    }
    this.#isAsking = false
    if (this.health === null) return
    this.#timer = setTimeout(() => void this.ask(), document.hidden ? HIDDEN_EVERY_MS : EVERY_MS)
  }
}
