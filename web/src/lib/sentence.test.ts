import { expect, test } from 'vitest'
import { sentence } from './sentence'

test('capitals become a sentence; drivers, series and sessions stay as they are', () => {
  const cases = [
    ['TRACK CLEAR', 'Track clear'],
    ['CAR 63 (RUS) TIME 1:36.746 DELETED - TRACK LIMITS AT TURN 6 LAP 13 11:24:28',
      'Car 63 (RUS) time 1:36.746 deleted – track limits at turn 6 lap 13 11:24:28'],
    ['FIA STEWARDS: 5 SECOND TIME PENALTY FOR CAR 11 (PER) - SAFETY CAR INFRINGEMENT',
      'Stewards: 5 second time penalty for car 11 (PER) – safety car infringement'],
    ['VSC ENDING', 'VSC ending'],
    ['DRS ENABLED', 'DRS enabled'],
    ['Already a sentence', 'Already a sentence'],
    ['', ''],
  ] as const
  for (const [text, want] of cases) expect(sentence(text)).toBe(want)
})
