// Starts the real program on the real recordings, and a browser to look at it with.

import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { preview, type PreviewServer } from 'vite'
import { chromium, type Browser, type Page } from 'playwright-core'
import type { Page as List, SessionSummary } from '../src/lib/wire'

export const OUT = resolve(import.meta.dirname, 'out')

const BINARY = resolve(process.env.OVERCUT_BIN ?? join(import.meta.dirname, '../../target/debug/overcut'))
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium'
const STARTS_WITHIN_MS = 30_000

/**
 * With `E2E_PREVIEW=1` the page comes from `dist` beside this folder instead of from inside the program: to test a page
 * without building the program again.
 */
const IS_PREVIEW = process.env.E2E_PREVIEW === '1'

/** Why the tests on recordings cannot run here; `null` if they can. In CI nothing may be missing. */
export function missing(): string | null {
  return lacks({ needsData: true })
}

/** Why tests cannot run here, on real recordings or on synthetic sessions alone; `null` if they can. */
export function lacks(what: { needsData: boolean }): string | null {
  const hasData = process.env.OVERCUT_DATA && existsSync(process.env.OVERCUT_DATA)
  const found = [
    hasData || !what.needsData ? '' : 'OVERCUT_DATA names no folder with recordings',
    existsSync(BINARY) ? '' : `no program at ${BINARY} (set OVERCUT_BIN)`,
    existsSync(CHROMIUM) ? '' : `no browser at ${CHROMIUM} (set CHROMIUM)`,
  ].filter(Boolean)
  return found.length === 0 ? null : found.join('; ')
}

/** A server of made-up troubles: an example beside the program, built with the tests. */
const LIVE_STATES = resolve(process.env.OVERCUT_LIVE_STATES ?? join(dirname(BINARY), 'examples/live_states'))

/** Why tests of a live session in trouble cannot run here; `null` if they can. */
export function lacksLive(): string | null {
  return existsSync(LIVE_STATES) ? missing() : `no server at ${LIVE_STATES} (cargo build -p overcut-server --example live_states)`
}

/** A live session in which something is always wrong; it does what it is told on standard input. */
export class LiveStates {
  #process: ChildProcess | null = null
  #preview: PreviewServer | null = null
  url = ''

  async start(): Promise<void> {
    const child = spawn(LIVE_STATES, ['0'], { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#process = child
    const server = await new Promise<string>((found, fail) => {
      child.stdout?.on('data', (bytes: Buffer) => found(bytes.toString().trim()))
      child.on('exit', (code) => fail(new Error(`live_states ended with ${code}`)))
    })
    if (IS_PREVIEW) this.#preview = await previewOf(server)
    this.url = this.#preview === null ? server : addressOf(this.#preview)
  }

  /** `stop` the recorder, `break` the connections, `mend` both, `next` session. */
  tell(word: 'stop' | 'break' | 'mend' | 'next'): void {
    this.#process?.stdin?.write(`${word}\n`)
  }

  async end(): Promise<void> {
    this.#process?.stdin?.end()
    await this.#preview?.close()
  }
}

/** Serves `dist` with the API of a server behind it. */
function previewOf(server: string): Promise<PreviewServer> {
  const proxy = { '/api': server, '/ws': { target: server, ws: true } }
  return preview({
    root: resolve(import.meta.dirname, '..'), logLevel: 'silent', preview: { host: '127.0.0.1', port: 0, proxy },
  })
}

function addressOf(served: PreviewServer): string {
  const address = served.httpServer.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : address}`
}

const SERVE_SPRINT = ['serve', '--session', 'chinese sprint']

/** `overcut serve`, or another command that serves, in a data folder of its own. */
export class Overcut {
  #home = mkdtempSync(join(tmpdir(), 'overcut-e2e-'))
  #process: ChildProcess | null = null
  #preview: PreviewServer | null = null
  /** Where the program listens. */
  server = ''
  /** Where the dashboard is. */
  url = ''

  async start(port = 0, command = SERVE_SPRINT, env: NodeJS.ProcessEnv = {}): Promise<void> {
    const child = spawn(BINARY, ['--data', this.#home, ...command, '--port', String(port)], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    })
    this.#process = child
    this.server = await new Promise<string>((found, fail) => {
      let said = ''
      const hear = (bytes: Buffer): void => {
        said += bytes.toString()
        const match = /https?:\/\/(127\.0\.0\.1|localhost):(\d+)/.exec(said)
        if (match) found(`http://127.0.0.1:${match[2]}`)
      }
      child.stdout?.on('data', hear)
      child.stderr?.on('data', hear)
      child.on('exit', (code) => fail(new Error(`overcut ended with ${code}: ${said}`)))
      setTimeout(() => fail(new Error(`overcut said no address: ${said}`)), STARTS_WITHIN_MS).unref()
    })
    if (!IS_PREVIEW) this.url = this.server
    else if (this.#preview === null) {
      this.#preview = await previewOf(this.server)
      this.url = addressOf(this.#preview)
    }
  }

  /** The recording that everything is shown on: it has all topics, and all that can happen in a race. */
  async sprint(): Promise<string> {
    const { items } = await this.api<List<SessionSummary>>('sessions?season=2026&kind=sprint&text=chinese&limit=10')
    if (items[0] === undefined) throw new Error('OVERCUT_DATA does not hold the Chinese GP sprint of 2026')
    return items[0].id
  }

  async stop(): Promise<void> {
    const child = this.#process
    this.#process = null
    if (child === null || child.exitCode !== null) return
    const ended = new Promise((done) => child.once('exit', done))
    child.kill('SIGTERM')
    await ended
  }

  async remove(): Promise<void> {
    await this.stop()
    await this.#preview?.close()
    rmSync(this.#home, { recursive: true, force: true })
  }

  get port(): number {
    return Number(new URL(this.server).port)
  }

  async api<T>(path: string): Promise<T> {
    const response = await fetch(`${this.server}/api/v1/${path}`)
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
    return (await response.json()) as T
  }
}

export function launch(): Promise<Browser> {
  mkdirSync(OUT, { recursive: true })
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [
      '--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update',
      '--disable-sync', '--no-first-run', '--disable-quic',
    ],
  })
}

export type Look = { width?: number; height?: number; theme?: 'dark' | 'light' }

/** A page that remembers what went wrong in it. */
export type Watched = { page: Page; errors: string[] }

/** Opens an address in a browser of its own (no shared storage) and waits until the session is on screen. */
export async function open(browser: Browser, url: string, look: Look = {}): Promise<Watched> {
  const context = await browser.newContext({
    viewport: { width: look.width ?? 1440, height: look.height ?? 900 },
    colorScheme: look.theme ?? 'dark',
  })
  const page = await context.newPage()
  const errors: string[] = []
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
  page.on('pageerror', (error) => errors.push(error.message))
  await page.goto(url)
  await page.waitForFunction(() => document.title !== 'Overcut' || document.querySelector('.sessions li') !== null)
  return { page, errors }
}

export async function shoot(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(OUT, `${name}.png`) })
}
