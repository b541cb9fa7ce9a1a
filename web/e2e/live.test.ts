// A live session in trouble, in a real browser: what is live, late, estimated or missing, and why.

import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { lacks, lacksLive, launch, LiveStates, open, Overcut, shoot } from './overcut'

const lack = lacksLive()
if (lack !== null) {
  if (process.env.CI) throw new Error(`browser tests cannot run: ${lack}`)
  console.warn(`\n\n  BROWSER TESTS OF LIVE SESSIONS SKIPPED: ${lack}\n\n`)
}

const PHONE = { width: 390, height: 844 }
/** A session is late at this moment: timing from the archive, positions estimated, no car data. */
const LATE = '/?session=live-sprint&t=1:10:00&car=16'

describe.skipIf(lack !== null)('live', () => {
  const states = new LiveStates()
  let browser: Browser

  beforeAll(async () => {
    await states.start()
    browser = await launch()
  })
  afterAll(async () => {
    await browser?.close()
    await states.end()
  })

  const badge = (page: Page) => page.locator('header .source')
  const panel = (page: Page) => page.getByRole('dialog', { name: 'What is live' })
  const says = (page: Page, text: RegExp) =>
    page.waitForFunction((source) => new RegExp(source).test(document.querySelector('header .source .long')?.textContent ?? ''), text.source)

  test('the badge opens a panel that says where everything comes from', async () => {
    for (const theme of ['dark', 'light'] as const) {
      const { page, errors } = await open(browser, states.url, { theme })
      await page.waitForSelector('.tower .row:nth-child(22)')
      await says(page, /^live · 0\.4 s$/)
      const before = await page.locator('nav').first().boundingBox()
      await page.keyboard.press('h')
      await panel(page).waitFor()
      expect(await panel(page).evaluate((element) => element === document.activeElement)).toBe(true)
      expect(await panel(page).locator('tbody th').allTextContents()).toEqual([
        'Session', 'Timing', 'Tyres', 'Race control', 'Weather', 'Car data', 'Positions', 'Pit stops', 'Radio and more',
      ])
      for (const part of [
        'car data needs an F1TV token', 'tries again in 9 s', 'connected for 12:34', 'filled from archive', 'not filled',
        'token for live timing ends in 3 h', '2026-chinese-grand-prix-sprint.mcap',
      ]) await expect.poll(() => panel(page).textContent()).toContain(part)
      await shoot(page, `live-panel-${theme}`)
      await page.keyboard.press('Escape')
      await panel(page).waitFor({ state: 'detached' })
      expect(await page.locator('nav').first().boundingBox()).toEqual(before)
      expect(errors).toEqual([])
      await page.context().close()
    }
  })

  test('feeds, tags and gaps are those of the moment that is shown', async () => {
    const { page, errors } = await open(browser, states.url + LATE)
    await page.waitForSelector('.tower .row:nth-child(22)')
    await page.waitForFunction(() => document.querySelector('.tower .head')?.textContent?.includes('7 s behind · archive'))
    expect(await page.locator('.map .tag').first().textContent()).toContain('estimated from mini-sectors')
    expect(await page.locator('[aria-label="Selected car"]').textContent()).toContain('car data needs an F1TV token')
    expect(await page.locator('.gauges .speed').count()).toBe(0)
    await expect.poll(() => page.locator('.span.gap').count()).toBe(1)
    await expect.poll(() => page.locator('.span.filled_gap').count()).toBe(1)
    expect(await page.locator('#gaps-in-words').textContent()).toContain('Gap filled from archive: timing, race control, 0:49:20 to 0:50:36')
    await shoot(page, 'live-late')
    await badge(page).click()
    await panel(page).getByRole('button', { name: /0:49:20/ }).click()
    await page.waitForFunction(() => document.querySelector('.now')?.textContent === '0:49:17')
    await page.waitForFunction(() => document.querySelectorAll('.span.gap, .span.filled_gap').length === 0)
    // The clock and its marks move at once, the state of that moment comes from the server.
    await expect.poll(() => panel(page).textContent()).not.toContain('Gaps')
    expect(errors).toEqual([])
    await page.context().close()
  })

  test('the forecaster is named and linked wherever the forecast is', async () => {
    const desk = await open(browser, states.url)
    const link = (page: Page) => page.getByRole('link', { name: 'Weather data by Open-Meteo.com' })
    await link(desk.page).waitFor()
    expect(await link(desk.page).getAttribute('href')).toBe('https://open-meteo.com/')
    await shoot(desk.page, 'live-forecast')
    const phone = await open(browser, states.url, PHONE)
    await badge(phone.page).click()
    await panel(phone.page).waitFor()
    await link(phone.page).scrollIntoViewIfNeeded()
    await shoot(phone.page, 'live-forecast-phone')
    expect([...desk.errors, ...phone.errors]).toEqual([])
    await Promise.all([desk.page.context().close(), phone.page.context().close()])
  })

  test('a recorder that stops is the first thing that is said', async () => {
    const { page, errors } = await open(browser, states.url)
    await says(page, /^live/)
    states.tell('stop')
    await says(page, /^recording stopped: disk full$/)
    await page.keyboard.press('h')
    await page.waitForFunction(() => document.querySelector('[role=dialog]')?.textContent?.includes('212 messages'))
    await shoot(page, 'live-stopped')
    states.tell('mend')
    await says(page, /^live/)
    expect(errors).toEqual([])
    await page.context().close()
  })

  test('it fits a phone', async () => {
    const { page, errors } = await open(browser, states.url, PHONE)
    await page.waitForSelector('.tower .row')
    await badge(page).click()
    await panel(page).waitFor()
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    expect(wide).toBeLessThanOrEqual(0)
    await shoot(page, 'live-phone')
    await panel(page).getByRole('button', { name: 'Close' }).click()
    await panel(page).waitFor({ state: 'detached' })
    expect(errors).toEqual([])
    await page.context().close()
  })

  // The last: it cannot be undone.
  test('who follows goes along to a new session, who has rewound is asked', async () => {
    const [follows, rewound] = await Promise.all([open(browser, states.url), open(browser, states.url + LATE)])
    await says(follows.page, /^live/)
    await follows.page.keyboard.press('2')
    await rewound.page.waitForSelector('.tower .row')
    states.tell('next')
    await follows.page.waitForFunction(() => document.title.includes('Sprint') && location.search.includes('live-second'))
    expect(follows.page.url()).toContain('screen=telemetry')
    const note = follows.page.locator('.note')
    await expect.poll(() => note.textContent()).toContain('A new session has begun: Chinese Grand Prix Sprint again')
    const ask = rewound.page.getByRole('alert')
    await ask.getByRole('button', { name: 'Go there' }).waitFor()
    expect(rewound.page.url()).toContain('live-sprint')
    await shoot(rewound.page, 'live-next')
    await ask.getByRole('button', { name: 'Go there' }).click()
    await rewound.page.waitForFunction(() => location.search.includes('live-second'))
    expect([...follows.errors.filter((error) => !error.includes('404')), ...rewound.errors]).toEqual([])
    await follows.page.context().close()
    await rewound.page.context().close()
  })
})

const NOWHERE = 'http://127.0.0.1:1'

describe.skipIf(lacks({ needsData: false }) !== null)('live without a network', () => {
  const overcut = new Overcut()
  let browser: Browser

  beforeAll(async () => {
    const sources = ['--signalr-url', `${NOWHERE}/signalrcore`, '--archive', '--archive-url', `${NOWHERE}/static/`]
    await overcut.start(0, ['live', ...sources, '--no-openf1', '--no-weather'])
    browser = await launch()
  })
  afterAll(async () => {
    await browser?.close()
    await overcut.remove()
  })

  test('the page says what is waited for, and what each source is doing', async () => {
    const looks = [['dark', { width: 1440, height: 900 }], ['light', PHONE]] as const
    for (const [colorScheme, viewport] of looks) {
      const context = await browser.newContext({ viewport, colorScheme })
      const page = await context.newPage()
      await page.goto(overcut.url)
      await page.getByRole('heading', { name: 'No source can be reached' }).waitFor()
      await page.waitForFunction(() => document.querySelector('header .source .long')?.textContent === 'no connection')
      const text = (await page.locator('main').textContent()) ?? ''
      for (const part of ['live timing', 'archive', 'no connection', 'tries again in']) expect(text).toContain(part)
      expect(await page.locator('.transport').count()).toBe(0)
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0)
      await shoot(page, `live-waiting-${viewport.width}`)
      await page.getByRole('button', { name: 'Recordings of earlier sessions' }).click()
      await page.waitForFunction(() => location.search.includes('screen=sessions'))
      await context.close()
    }
  })
})
