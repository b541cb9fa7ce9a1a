import { expect, test } from 'vitest'
import { formatRoute, parseRoute, START, type Route } from './route'

test('an address reads back as it was written', () => {
  const routes: Route[] = [
    { ...START, session: '2026 sprint/é', t_ms: 4_690_000, car: 16 },
    {
      ...START, screen: 'telemetry', session: 's', laps: [{ driver: 81, lap: 60 }, { driver: 1, lap: 70 }], cursor_m: 2364,
      axis: 'time',
    },
    { ...START, screen: 'laps', session: 's' },
  ]
  for (const route of routes) expect(parseRoute(formatRoute(route))).toEqual(route)
})

test('what makes no sense is left out', () => {
  expect(parseRoute('?screen=kitchen&t=later&car=x&laps=1:2,a:b,3&x=-1')).toEqual({
    ...START, laps: [{ driver: 1, lap: 2 }],
  })
})
