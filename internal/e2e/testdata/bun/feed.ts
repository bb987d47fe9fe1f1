// What both servers answer: see internal/load. WebSocket clients hear the ticks of the clock,
// 20 a second, and their own words.
import { version } from './version'

const pid = process.pid
const now = () => Math.floor(Date.now() / 50)
const clients = new Map<object, { send(text: string): unknown; last: number }>()
let pushed = now()
setInterval(() => {
  while (pushed < now()) {
    pushed++
    for (const c of clients.values()) if (pushed > c.last) c.send(JSON.stringify({ event: pushed, version, pid }))
  }
}, 50).unref()

export const opened = (client: object, send: (text: string) => unknown) => void clients.set(client, { send, last: now() })
export const closed = (client: object) => void clients.delete(client)
export const said = (text: unknown) => JSON.stringify({ echo: String(text), version, pid })

/** Answers GET /ping, GET /slow?ms=… and POST /echo. */
export async function answer(method: string, target: string, body: () => Promise<string>): Promise<string> {
  const url = new URL(target, 'http://localhost')
  if (method === 'POST') return said(await body())
  if (url.pathname === '/slow') await Bun.sleep(Number(url.searchParams.get('ms')))
  return JSON.stringify({ pong: true, version, pid })
}
