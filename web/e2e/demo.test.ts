// The synthetic Grand Prix in a real browser: what a fresh machine shows, without data and without network.

import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Board, Lap, Page as List, SessionSummary } from '../src/lib/wire'
import { lacks, launch, open, Overcut, shoot } from './overcut'

const lack = lacks({ needsData: false })
if (lack !== null) {
  if (process.env.CI) throw new Error(`browser tests cannot run: ${lack}`)
  console.warn(`\n\n  BROWSER TESTS OF THE DEMO SKIPPED: ${lack}\n\n`)
}

const PHONE = { width: 390, height: 844 }

describe.skipIf(lack !== null)('demo', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launch()
  })
  afterAll(async () => {
    await browser?.close()
  })

  const cars = (page: Page): Promise<string[]> => page.locator('.tower .who button').allTextContents()

  test('an empty machine opens on a race that is about to start', async () => {
    const overcut = new Overcut()
    await overcut.start(0, ['serve'], { OVERCUT_DATA: '' })
    const { page, errors } = await open(browser, overcut.url)
    await page.waitForSelector('.tower .row:nth-child(22)')
    const [session] = (await overcut.api<List<SessionSummary>>('sessions?limit=10')).items
    expect(session?.id).toMatch(/synthetic/)
    expect(await page.title()).toMatch(/synthetic/i)
    await page.waitForSelector('[aria-label="Track map"] svg, .map svg, .map canvas')
    await page.waitForTimeout(1_500)
    await shoot(page, 'demo-grid')
    const before = await page.locator('.now').textContent()
    await page.waitForFunction((text) => document.querySelector('.now')?.textContent !== text, before)
    expect(errors).toEqual([])
    await page.context().close()
    await overcut.remove()
  })

  test('a short race runs to its flag, can be rewound, and stays', async () => {
    const overcut = new Overcut()
    await overcut.start(0, ['demo', '--laps', '5', '--speed', '60'])
    const { page, errors } = await open(browser, overcut.url)
    await page.waitForSelector('.tower .row:nth-child(22)')
    const id = (await overcut.api<List<SessionSummary>>('sessions?limit=10')).items[0]?.id ?? ''
    const board = (): Promise<Board> => overcut.api<Board>(`sessions/${id}/board`)
    for (let i = 0; i < 120 && (await board()).session.status !== 'finalised'; i++) await page.waitForTimeout(250)
    const end = await board()
    expect(end.session.lap).toBe(5)
    const laps = await overcut.api<List<Lap>>(`sessions/${id}/laps?limit=1000`)
    expect(laps.items.filter((lap) => lap.number === 5 && lap.time_ms !== null).length).toBeGreaterThan(10)
    await page.waitForFunction(() => document.querySelector('header')?.textContent?.includes('Finished'))
    const order = await cars(page)
    expect(order.length).toBe(22)
    await shoot(page, 'demo-finish')
    for (let i = 0; i < 4; i++) await page.keyboard.press('Shift+ArrowLeft')
    await page.waitForFunction(() => !document.querySelector('header')?.textContent?.includes('Finished'))
    await page.waitForSelector('.tower .row:nth-child(22)')
    await shoot(page, 'demo-rewound')
    expect((await board()).cars.map((car) => car.driver)).toEqual(end.cars.map((car) => car.driver))
    expect(errors).toEqual([])
    await page.context().close()
    await overcut.remove()
  })

  test('it fits a phone', async () => {
    const overcut = new Overcut()
    await overcut.start(0, ['demo', '--speed', '10'])
    const { page, errors } = await open(browser, overcut.url, PHONE)
    await page.waitForSelector('.tower .row')
    await page.waitForFunction(() => document.querySelector('header')?.textContent?.includes('synthetic'))
    await page.waitForTimeout(3_000)
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    expect(wide).toBeLessThanOrEqual(0)
    await shoot(page, 'demo-phone')
    expect(errors).toEqual([])
    await page.context().close()
    await overcut.remove()
  })
})
