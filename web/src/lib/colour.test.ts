import { expect, test } from 'vitest'
import { alike, contrast, parseHex, teamRgb, type Rgb, type Theme } from './colour'
import { lapColours } from './lap_colours'

const GROUND: Record<Theme, Rgb> = { dark: [12, 14, 18], light: [246, 247, 249] }
const TEAMS = ['F47600', 'ED1131', '4781D7', '00D7B6', '229971', '00A1E8', '1868DB', '6C98FF', '01C00E', '9C9FA2']

test('every team stands out on both grounds, and text in its colour meets AA', () => {
  for (const theme of ['dark', 'light'] as const)
    for (const team of [...TEAMS, '000000', 'ffffff', '', 'nonsense']) {
      expect(contrast(teamRgb(team, theme), GROUND[theme])).toBeGreaterThanOrEqual(3)
      expect(contrast(teamRgb(team, theme, 4.5), GROUND[theme])).toBeGreaterThanOrEqual(4.5)
    }
})

test('a colour that stands out already is left alone', () => {
  expect(teamRgb('F47600', 'dark')).toEqual(parseHex('F47600'))
})

test('laps of team mates never share a colour', () => {
  for (const theme of ['dark', 'light'] as const)
    for (const team of [...TEAMS, '']) {
      const rgbs = lapColours([team, team, team, team], theme).map((css) => css.match(/\d+/g)?.map(Number) as unknown as Rgb)
      for (let i = 0; i < 4; i++)
        for (let j = 0; j < i; j++) expect(alike(rgbs[i] as Rgb, rgbs[j] as Rgb), `${theme} ${team}`).toBe(false)
    }
})
