// Colours of the style sheet for things that are painted rather than styled (canvas, charts).

import { app } from './state/app.svelte'

const found = new Map<string, string>()
let probe: HTMLElement | null = null
let foundFor = ''

/** The present value of a custom property of the style sheet, such as `--line`, as a colour a canvas understands. */
export function ink(name: `--${string}`): string {
  const look = `${app.theme}/${app.palette}`
  if (foundFor !== look) {
    found.clear()
    foundFor = look
  }
  let colour = found.get(name)
  if (colour === undefined) {
    probe ??= document.body.appendChild(Object.assign(document.createElement('i'), { hidden: true }))
    probe.style.color = `var(${name})`
    colour = getComputedStyle(probe).color
    found.set(name, colour)
  }
  return colour
}

/** The same colour with an opacity of its own, 0–1. */
export function faded(colour: string, opacity: number): string {
  return `color-mix(in srgb, ${colour} ${Math.round(opacity * 100)}%, transparent)`
}
