// Small behaviours of single elements.

const SETTLES_MS = 1400
let quietUntil_ms = 0

/** True if the reader asked for less motion. */
export function prefersLessMotion(): boolean {
  return window.matchMedia('(prefers-reduced-motion: reduce)').matches
}

/** After a jump in time everything is new and nothing has moved: keep still for a moment. */
export function keepStill(): void {
  quietUntil_ms = performance.now() + 400
}

/** True if a change may be shown as a movement now. */
export function mayMove(): boolean {
  return performance.now() >= quietUntil_ms && !document.hidden && !prefersLessMotion()
}

/** Lets a value brighten once when it changes, and settle. */
export function brighten(element: HTMLElement, value: unknown): { update(next: unknown): void } {
  let shown = value
  return {
    update(next) {
      if (next === shown) return
      shown = next
      if (next == null || next === '' || !mayMove()) return
      element.animate([{ color: 'var(--bright)', offset: 0.15 }], { duration: SETTLES_MS, easing: 'ease-out' })
    },
  }
}

/** Calls back before each paint until the returned function is called. */
export function eachFrame(paint: (now_ms: number) => void): () => void {
  let handle = requestAnimationFrame(function again(now_ms) {
    paint(now_ms)
    handle = requestAnimationFrame(again)
  })
  return () => cancelAnimationFrame(handle)
}
