// Bun.serve. As most servers in development it leaves SIGTERM to Bun, which ends at once.
import { readFileSync } from 'node:fs'
import { version } from './version.json'

const pem = process.env.TLS && readFileSync(process.env.TLS) // with the key
const answer = () => Response.json({ pong: true, version, pid: process.pid })

Bun.serve({
  port: Number(process.env.PORT),
  hostname: '127.0.0.1',
  idleTimeout: 0,
  tls: pem ? { key: pem, cert: pem } : undefined,
  async fetch(req, server) {
    const url = new URL(req.url)
    switch (url.pathname) {
      case '/ws':
        return server.upgrade(req) ? undefined : new Response('no WebSocket', { status: 400 })
      case '/slow':
        await Bun.sleep(Number(url.searchParams.get('ms')))
        return answer()
      case '/events':
        return events(Number(req.headers.get('last-event-id') ?? 0))
    }
    return answer()
  },
  websocket: {
    message(ws, text) {
      ws.send(JSON.stringify({ echo: String(text), version }))
    },
  },
})

function events(id: number) {
  let timer: ReturnType<typeof setInterval>
  const body = new ReadableStream({
    start(controller) {
      const send = () => controller.enqueue(`id: ${++id}\nretry: 100\ndata: {"version":${version}}\n\n`)
      send()
      timer = setInterval(send, 100)
    },
    cancel() {
      clearInterval(timer)
    },
  })
  return new Response(body, { headers: { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' } })
}
