// The dashboard in a real browser, on a real recording, served by the real program.

import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { clock, delta, lapTime } from '../src/lib/format'
import type { Board, Comparison, Driver, Lap, Page as List, RaceControl, SessionSummary } from '../src/lib/wire'
import { launch, missing, open, Overcut, shoot } from './overcut'

const lack = missing()
if (lack !== null) {
  if (process.env.CI) throw new Error(`browser tests cannot run: ${lack}`)
  console.warn(`\n\n  BROWSER TESTS SKIPPED: ${lack}\n\n`)
}

/** Lap 18 of 19, after the safety car: nearly all that a race can show has happened. */
const LATE_MS = 4_690_000
const PHONE = { width: 390, height: 844 }

describe.skipIf(lack !== null)('dashboard', () => {
  const overcut = new Overcut()
  let browser: Browser
  let session = ''
  let tla: Map<number, string>

  const at = (rest: string, t_ms = LATE_MS): string => `${overcut.url}/?session=${session}&t=${clock(t_ms)}${rest}`
  const codes = (page: Page): Promise<string[]> => page.locator('.tower .who button').allTextContents()
  const shownClock = async (page: Page): Promise<string> => (await page.locator('.now').textContent()) ?? ''

  beforeAll(async () => {
    await overcut.start()
    browser = await launch()
    session = await overcut.sprint()
    const drivers = await overcut.api<List<Driver>>(`sessions/${session}/drivers?limit=100`)
    tla = new Map(drivers.items.map((driver) => [driver.driver, driver.tla]))
  })
  afterAll(async () => {
    await browser?.close()
    await overcut.remove()
  })

  test('the wall shows the board of that moment, all of it, without scrolling', async () => {
    for (const theme of ['dark', 'light'] as const) {
      const { page, errors } = await open(browser, at(''), { theme })
      await page.waitForSelector('.tower .row:nth-child(22)')
      await page.waitForTimeout(800)
      await shoot(page, `wall-${theme}`)
      const board = await overcut.api<Board>(`sessions/${session}/board?t_ms=${LATE_MS}`)
      expect(await codes(page)).toEqual(board.cars.map((car) => tla.get(car.driver)))
      const lasts = await page.locator('.tower .row .last').allTextContents()
      expect(lasts.map((text) => text.trim())).toEqual(board.cars.map((car) => (car.last_lap.ms === null ? '' : lapTime(car.last_lap.ms))))
      expect(await page.locator('header .lap').textContent()).toContain(`${board.session.lap}/${board.session.n_laps}`)
      const fits = await page.locator('.tower .rows').evaluate((rows) => rows.scrollHeight <= rows.clientHeight)
      expect(fits).toBe(true)
      expect(errors).toEqual([])
      await page.context().close()
    }
  })

  test('larger screens show more', async () => {
    const { page } = await open(browser, at('&car=16'), { width: 1920, height: 1080 })
    await page.waitForSelector('.tower .row:nth-child(22)')
    await expect.poll(() => page.locator('.tower .row .wide').first().isVisible()).toBe(true)
    await page.waitForTimeout(800)
    await shoot(page, 'wall-1920')
    await page.context().close()
  })

  test('nothing from after the clock is on the page', async () => {
    const { page } = await open(browser, at('', 3_000_000))
    const messages = await overcut.api<List<RaceControl>>(`sessions/${session}/race-control?limit=1000`)
    const known = messages.items.filter((message) => message.t_ms <= 3_000_000).length
    expect(known).toBeLessThan(messages.items.length)
    await page.waitForSelector('[aria-label="Race control"] li')
    await expect.poll(() => page.locator('[aria-label="Race control"] li').count()).toBe(known)
    await page.context().close()
  })

  test('keys play, pause, seek and change the speed', async () => {
    const { page, errors } = await open(browser, at(''))
    await page.waitForFunction((text) => document.querySelector('.now')?.textContent === text, clock(LATE_MS))
    await page.keyboard.press('ArrowRight')
    await page.waitForFunction((text) => document.querySelector('.now')?.textContent === text, clock(LATE_MS + 10_000))
    await page.keyboard.press('Shift+ArrowLeft')
    await page.waitForFunction((text) => document.querySelector('.now')?.textContent === text, clock(LATE_MS - 50_000))
    const board = await overcut.api<Board>(`sessions/${session}/board?t_ms=${LATE_MS - 50_000}`)
    const wanted = board.cars.map((car) => tla.get(car.driver)).join()
    await page.waitForFunction(
      (text) => [...document.querySelectorAll('.tower .who button')].map((one) => one.textContent).join() === text, wanted,
    )
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('Space')
    const before = await shownClock(page)
    await page.waitForFunction((text) => document.querySelector('.now')?.textContent !== text, before)
    expect(await page.locator('.transport select').inputValue()).toBe('2')
    await page.keyboard.press('Space')
    await page.waitForSelector('.transport [aria-label="Play"]')
    expect(errors).toEqual([])
    await page.context().close()
  })

  test('two laps are compared: times, sum, cursor and link', async () => {
    const { page, errors } = await open(browser, at('&screen=telemetry&laps=63:10,16:10&x=2000'))
    await page.waitForSelector('.stack .uplot')
    await page.waitForTimeout(500)
    await shoot(page, 'telemetry-dark')
    const { a, b, delta_s } = await overcut.api<Comparison>(`sessions/${session}/compare?a=63:10&b=16:10`)
    const chosen = page.locator('.chosen')
    await expect.poll(() => chosen.textContent()).toContain(lapTime(a.time_ms))
    await expect.poll(() => chosen.textContent()).toContain(lapTime(b.time_ms))
    await expect.poll(() => page.locator('.sum b').textContent()).toBe(`${delta(delta_s.at(-1) ?? NaN)} s`)
    const where = page.locator('aside h3 small').first()
    const before = await where.textContent()
    await page.keyboard.press('Shift+ArrowRight')
    await page.waitForFunction((text) => document.querySelector('aside h3 small')?.textContent !== text, before)
    await page.waitForFunction(() => new URL(location.href).searchParams.get('x') !== '2000')
    await page.keyboard.press(']')
    await page.waitForFunction(() => new URL(location.href).searchParams.get('laps') === '63:10,16:11')
    expect(errors).toEqual([])
    await page.context().close()
  })

  test('a link reproduces the cursor and the laps', async () => {
    const first = await open(browser, at('&screen=telemetry&laps=44:9,63:11&x=1234&axis=time'), { theme: 'light' })
    await first.page.waitForSelector('.stack .uplot')
    await first.page.waitForTimeout(600)
    await shoot(first.page, 'telemetry-light')
    const again = await open(browser, first.page.url())
    await again.page.waitForSelector('.stack .uplot')
    const text = (page: Page) => page.locator('aside table').first().innerText()
    const wanted = await text(first.page)
    await expect.poll(() => text(again.page)).toBe(wanted)
    await first.page.context().close()
    await again.page.context().close()
  })

  test('the lap table holds what the API says', async () => {
    const { page, errors } = await open(browser, at('&screen=laps&car=16'))
    await page.waitForSelector('.laps .body .row')
    await page.waitForTimeout(600)
    await shoot(page, 'laps-dark')
    const laps = await overcut.api<List<Lap>>(`sessions/${session}/laps?driver=16&t_ms=${LATE_MS}&limit=1000`)
    const wanted = laps.items.toReversed().map((lap) => (lap.time_ms === null ? '' : lapTime(lap.time_ms)))
    const shown = async () => (await page.locator('.laps .body .row .time').allTextContents()).map((text) => text.trim())
    await expect.poll(shown).toEqual(wanted)
    const chart = page.getByRole('region', { name: 'Gap to leader' })
    await chart.getByRole('button', { name: 'Table' }).click()
    expect(await chart.locator('tbody tr').count()).toBeGreaterThan(15)
    expect(errors).toEqual([])
    await page.context().close()
  })

  test('the picker lists every session and tells no result', async () => {
    const { page, errors } = await open(browser, `${overcut.url}/?screen=sessions`)
    await page.waitForSelector('.sessions li')
    await shoot(page, 'sessions-dark')
    const sessions = await overcut.api<List<SessionSummary>>('sessions?limit=1000')
    await expect.poll(() => page.locator('.sessions li').count()).toBe(sessions.items.length)
    const text = await page.locator('.sessions').innerText()
    expect(text).not.toMatch(/winner|\bP1\b|\d:\d\d\.\d\d\d/i)
    await page.locator('.sessions li button', { hasText: 'Chinese' }).first().click()
    await page.waitForSelector('.tower .row')
    expect(errors).toEqual([])
    await page.context().close()
  })

  test('where there is no session yet the page waits, and opens the one that begins', async () => {
    const context = await browser.newContext({ viewport: PHONE })
    const page = await context.newPage()
    let n_asked = 0
    await page.route('**/api/v1/sessions?*', async (route) => {
      n_asked++
      await route.fulfill({ json: { items: [], total: 0, offset: 0, limit: 100 } })
    })
    await page.route('**/api/v1/health', async (route) => {
      const health = (await (await route.fetch()).json()) as object
      await route.fulfill({ json: { ...health, current_session: null } })
    })
    await page.goto(overcut.url)
    await page.getByText('There is no session yet').waitFor()
    await shoot(page, 'sessions-none-phone')
    await expect.poll(() => n_asked).toBeGreaterThan(2)
    await page.unrouteAll({ behavior: 'ignoreErrors' })
    await page.waitForSelector('.tower .row')
    expect(page.url()).toContain(session)
    await context.close()
  })

  test('a phone shows every screen without scrolling sideways', async () => {
    for (const screen of ['wall', 'telemetry', 'laps', 'sessions']) {
      const { page, errors } = await open(browser, at(`&screen=${screen}`), PHONE)
      await page.waitForTimeout(1200)
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
      expect(wide, screen).toBeLessThanOrEqual(0)
      const tabs = await page.locator('nav[aria-label="Screens"]').last().boundingBox()
      expect(tabs && tabs.y + tabs.height, screen).toBe(PHONE.height)
      await shoot(page, `phone-${screen}`)
      expect(errors, screen).toEqual([])
      await page.context().close()
    }
    const { page } = await open(browser, at(''), PHONE)
    await page.getByRole('button', { name: 'Time', exact: true }).click()
    await page.waitForSelector('.transport.open [role=slider]')
    await shoot(page, 'phone-time')
    await page.context().close()
  })

  test('two pages with different delays see different moments', async () => {
    const [near, far] = [await open(browser, at('')), await open(browser, at(''))]
    for (const [{ page }, seconds] of [[near, 0], [far, 60]] as const) {
      await page.getByLabel('TV delay').fill(String(seconds))
      await page.getByLabel('TV delay').press('Enter')
      await page.getByLabel('TV delay').blur()
      await page.keyboard.press('g')
      await page.waitForSelector('.badge.live')
    }
    const seconds = async (page: Page): Promise<number> => {
      const [h, m, s] = (await shownClock(page)).split(':').map(Number) as [number, number, number]
      return h * 3600 + m * 60 + s
    }
    await near.page.waitForTimeout(500)
    const behind = (await seconds(near.page)) - (await seconds(far.page))
    expect(behind).toBeGreaterThanOrEqual(58)
    expect(behind).toBeLessThanOrEqual(62)
    await near.page.context().close()
    await far.page.context().close()
  })

  test('everything can be reached by keyboard, and where one is can be seen', async () => {
    const { page } = await open(browser, at(''))
    await page.waitForSelector('.tower .row:nth-child(22)')
    const reached = new Set<string>()
    for (let i = 0; i < 60; i++) {
      await page.keyboard.press('Tab')
      const [name, isVisible] = await page.evaluate(() => {
        const element = document.activeElement as HTMLElement
        // After the last element the browser's own frame has its turn.
        if (element === document.body) return ['', true] as const
        const ring = [getComputedStyle(element), getComputedStyle(element, '::after')]
        return [
          element.getAttribute('aria-label') ?? element.textContent?.trim() ?? '',
          ring.some((style) => style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0),
        ] as const
      })
      if (name === '' || reached.has(name)) continue
      expect(isVisible, name).toBe(true)
      reached.add(name)
    }
    for (const name of ['Telemetry', 'RUS', 'Session time', 'Speed', 'Play']) expect([...reached]).toContain(name)
    await page.keyboard.press('?')
    await page.waitForSelector('dialog[open]')
    await shoot(page, 'help-dark')
    await page.keyboard.press('Escape')
    await page.waitForSelector('dialog', { state: 'hidden' })
    await page.context().close()
  })

  test('a session that does not exist is refused in words', async () => {
    const { page } = await open(browser, `${overcut.url}/?screen=sessions`)
    await page.goto(`${overcut.url}/?session=nowhere`)
    await page.waitForFunction(() => document.querySelector('[role=alert]')?.textContent?.includes('nowhere'))
    await page.context().close()
  })

  test('a page says when the server is away, and goes on where it was when it is back', async () => {
    const away = new Overcut()
    await away.start()
    const { page } = await open(browser, `${away.url}/?session=${session}&t=${clock(LATE_MS)}`)
    await page.waitForSelector('.tower .row:nth-child(22)')
    const order = await codes(page)
    await away.stop()
    await page.waitForSelector('[role=alert] p')
    await expect.poll(() => page.locator('[role=alert]').textContent()).toContain('The server is away')
    expect(await codes(page)).toEqual(order)
    await shoot(page, 'away-dark')
    await away.start(away.port)
    await page.getByRole('button', { name: 'Try now' }).click()
    await page.waitForSelector('[role=alert] p', { state: 'detached' })
    await expect.poll(() => shownClock(page)).toBe(clock(LATE_MS))
    await expect.poll(() => codes(page)).toEqual(order)
    await page.context().close()
    await away.remove()
  })
})
