// The laps being compared, fetched as they are chosen.

import { api, type LapRef } from '../api/rest'
import { joinComparisons, single, type LapSet } from '../charts/traces'

const same = (a: LapRef, b: LapRef): boolean => a.driver === b.driver && a.lap === b.lap

export class LapSetLoader {
  /** What is shown: stays until the next is here, so that nothing flickers while it loads. */
  shown = $state.raw<LapSet | null>(null)
  problem = $state<string | null>(null)
  isLoading = $state(false)
  #abort: AbortController | null = null

  constructor(readonly sessionId: string) {}

  async load(laps: readonly LapRef[]): Promise<void> {
    this.#abort?.abort()
    const [reference, ...others] = laps
    if (reference === undefined) {
      this.shown = null
      this.problem = null
      return
    }
    const { signal } = (this.#abort = new AbortController())
    this.isLoading = true
    try {
      const id = this.sessionId
      const set =
        others.length === 0
          ? single(await api.trace(id, reference, signal))
          : joinComparisons(await Promise.all(others.map((lap) => api.compare(id, reference, lap, signal))))
      if (signal.aborted) return
      this.shown = set
      this.problem = null
    } catch (error) {
      if (signal.aborted) return
      this.problem = (error as Error).message
      this.shown = null
    }
    this.isLoading = false
  }

  stop(): void {
    this.#abort?.abort()
  }
}

/** True if two lists name the same laps in the same order. */
export function sameLaps(a: readonly LapRef[], b: readonly LapRef[]): boolean {
  return a.length === b.length && a.every((lap, i) => same(lap, b[i] as LapRef))
}
