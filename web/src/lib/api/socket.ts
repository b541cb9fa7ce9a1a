// The one WebSocket of a page. It comes back by itself, waiting longer after each failure.

import type { ClientMessage, ServerMessage } from '../wire'

/** Milliseconds to wait before try `n` (from 0): 0.5 s doubling to 10 s, less up to a quarter by `random` in 0–1. */
export function backOff(n: number, random: number): number {
  return Math.min(10_000, 500 * 2 ** Math.min(n, 10)) * (1 - random / 4)
}

/** Where and how the client's clock begins. */
export type Opening = {
  t_ms?: number
  delay_s?: number
  speed?: number
  follow?: boolean
  paused?: boolean
}

export type SocketEvents = {
  /** How to begin, asked before each try: after a break a page goes on from where it was. */
  opening(): Opening
  opened(): void
  message(message: ServerMessage): void
  /** Gone; the next try is at `retry_at` (milliseconds of `Date.now`). `was_open` is false if it never was there. */
  lost(retry_at: number, was_open: boolean): void
}

export class TimelineSocket {
  #socket: WebSocket | null = null
  #timer: ReturnType<typeof setTimeout> | undefined
  #failures = 0
  #closed = false

  constructor(
    readonly sessionId: string,
    readonly events: SocketEvents,
  ) {
    this.#open()
  }

  #open(): void {
    const { protocol, host } = window.location
    const scheme = protocol === 'https:' ? 'wss:' : 'ws:'
    const query = new URLSearchParams({ session: this.sessionId, format: 'json' })
    for (const [name, value] of Object.entries(this.events.opening())) query.set(name, String(value))
    const socket = new WebSocket(`${scheme}//${host}/ws/v1/timeline?${query}`)
    this.#socket = socket
    let wasOpen = false
    socket.onopen = () => {
      wasOpen = true
      this.#failures = 0
      this.events.opened()
    }
    socket.onmessage = (event) => this.events.message(JSON.parse(event.data as string) as ServerMessage)
    socket.onclose = () => {
      if (this.#closed || this.#socket !== socket) return
      const wait_ms = backOff(this.#failures++, Math.random())
      this.events.lost(Date.now() + wait_ms, wasOpen)
      this.#timer = setTimeout(() => this.#open(), wait_ms)
    }
  }

  /** Tries again at once instead of waiting. */
  retry(): void {
    if (this.#closed || this.#socket?.readyState !== WebSocket.CLOSED) return
    clearTimeout(this.#timer)
    this.#open()
  }

  /** Sends if connected; what is asked for while the server is away is dropped. */
  send(message: ClientMessage): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message))
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
    this.#socket?.close()
  }
}
