// Colours of compared laps: the team's, unless another lap already looks like that.

import { alike, parseHex, teamRgb, type Rgb, type Theme } from './colour'

/** Stand-ins for laps of team mates or of one driver; far from each other and from most teams. */
const STAND_INS: Record<Theme, readonly string[]> = {
  dark: ['e9edf3', 'b38bff', 'ffd23f', '3ddc84'],
  light: ['12161c', '8b2fd6', '8a5f00', '0a7a3c'],
}

/** For cars whose team has no colour in the feed. */
const NO_TEAM: Record<Theme, readonly string[]> = {
  dark: ['ff9f43', '4ea8ff', 'c77dff', '3ddc84'],
  light: ['a84b05', '1769c4', '8b2fd6', '0a7a3c'],
}

/** One colour a lap, all with the contrast of text, no two alike. */
export function lapColours(teamColours: readonly string[], theme: Theme): string[] {
  const taken: Rgb[] = []
  for (const hex of teamColours) {
    const own = parseHex(hex) === null ? NO_TEAM[theme].map((other) => parseHex(other) as Rgb) : [teamRgb(hex, theme, 4.5)]
    const choices = [...own, ...STAND_INS[theme].map((other) => parseHex(other) as Rgb)]
    taken.push(choices.find((choice) => taken.every((other) => !alike(choice, other))) ?? (choices[0] as Rgb))
  }
  return taken.map((rgb) => `rgb(${rgb.join(' ')})`)
}
