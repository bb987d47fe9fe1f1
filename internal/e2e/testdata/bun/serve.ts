import { existsSync } from 'node:fs'
import { serve } from 'bun'
import { version } from './version'
import { answer, closed, opened, said } from './feed'

/** Pauses until there is a file rest. */
async function* half() {
  yield 'half '
  while (!existsSync('rest')) await Bun.sleep(20)
  yield 'rest'
}

serve({
  port: Number(process.env.PORT),
  hostname: '127.0.0.1',
  routes: { '/static': Response.json({ pong: true, version, pid: process.pid }), '/half': () => new Response(half()), '/slow': (request) => answer(request.method, request.url, () => request.text()).then((text) => new Response(text)) },
  async fetch(request, server) {
    if (server.upgrade(request)) return
    return new Response(await answer(request.method, request.url, () => request.text()))
  },
  websocket: {
    open: (ws) => opened(ws, (text) => ws.send(text)),
    close: (ws) => closed(ws),
    message: (ws, text) => void ws.send(said(text)),
  },
})
