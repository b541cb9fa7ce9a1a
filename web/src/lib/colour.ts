// Team colours made fit for the ground they stand on.
//
// The feed's colours are painted for a car, not for a screen: some vanish on a dark ground, some on a light one. Each
// is moved towards white or black in small steps until it stands out enough, and no further.

/** Red, green and blue, 0–255. */
export type Rgb = readonly [number, number, number]

/** Reads six hexadecimal digits, with or without `#`; `null` if they are not. */
export function parseHex(hex: string): Rgb | null {
  const match = /^#?([\da-f]{2})([\da-f]{2})([\da-f]{2})$/i.exec(hex)
  if (!match) return null
  return [match[1], match[2], match[3]].map((pair) => parseInt(pair as string, 16)) as unknown as Rgb
}

/** Relative luminance as WCAG 2 defines it, 0–1. */
export function luminance(rgb: Rgb): number {
  const [r, g, b] = rgb.map((channel) => {
    const c = channel / 255
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4
  }) as [number, number, number]
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

/** Contrast ratio as WCAG 2 defines it, 1–21. */
export function contrast(a: Rgb, b: Rgb): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number]
  return (high + 0.05) / (low + 0.05)
}

function mix(a: Rgb, b: Rgb, share: number): Rgb {
  return a.map((channel, i) => Math.round(channel + ((b[i] as number) - channel) * share)) as unknown as Rgb
}

function css(rgb: Rgb): string {
  return `rgb(${rgb.join(' ')})`
}

const UNKNOWN: Rgb = [128, 136, 148]
const GROUND: Record<Theme, Rgb> = { dark: [12, 14, 18], light: [246, 247, 249] }
const AWAY: Record<Theme, Rgb> = { dark: [255, 255, 255], light: [0, 0, 0] }

export type Theme = 'dark' | 'light'

/** The colour that stands for a team on this ground, with at least `ratio` contrast to it. */
export function teamRgb(hex: string, theme: Theme, ratio = 3): Rgb {
  const own = parseHex(hex) ?? UNKNOWN
  for (let share = 0; share < 1; share += 0.05) {
    const tried = mix(own, AWAY[theme], share)
    if (contrast(tried, GROUND[theme]) >= ratio) return tried
  }
  return AWAY[theme]
}

const made = new Map<string, string>()

/** [`teamRgb`] as CSS, remembered: it is asked for every dot of every frame. */
export function teamColour(hex: string, theme: Theme, ratio = 3): string {
  const key = `${hex}/${theme}/${ratio}`
  let found = made.get(key)
  if (found === undefined) made.set(key, (found = css(teamRgb(hex, theme, ratio))))
  return found
}

/** True if two colours are hard to tell apart as lines. */
export function alike(a: Rgb, b: Rgb): boolean {
  const [dr, dg, db] = [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
  return 2 * dr * dr + 4 * dg * dg + 3 * db * db < 3 * 75 * 75
}
