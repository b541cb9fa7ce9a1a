// Race control writes in capitals; people read sentences faster.

const ALWAYS_UPPER = new Set([
  'DRS', 'FIA', 'VSC', 'SC', 'GP', 'FP1', 'FP2', 'FP3', 'Q1', 'Q2', 'Q3', 'SQ1', 'SQ2', 'SQ3', 'F1', 'ERS', 'UTC',
])
// Words of three letters in brackets that are not drivers never occur in the feed, so brackets mark a driver.
const DRIVER = /\(([A-Z]{3})\)/g

/** `INCIDENT INVOLVING CARS 81 (PIA) AND 12 (ANT) NOTED` becomes `Incident involving cars 81 (PIA) and 12 (ANT) noted`. */
export function sentence(text: string): string {
  if (text !== text.toUpperCase()) return text
  const kept = new Set([...text.matchAll(DRIVER)].map((match) => match[1] as string))
  const lowered = text.replace(/[\p{L}\d]+/gu, (word) =>
    ALWAYS_UPPER.has(word) || kept.has(word) || /^\d/.test(word) ? word : word.toLowerCase(),
  )
  return lowered
    .replace(/^(\P{L}*)(\p{L})/u, (_, before: string, letter: string) => before + letter.toUpperCase())
    .replace(/\bfia stewards: /i, 'Stewards: ')
    .replace(/([.:] )(\p{Ll})/gu, (_, before: string, letter: string) => before + letter.toUpperCase())
    .replace(/ - /g, ' – ')
}
