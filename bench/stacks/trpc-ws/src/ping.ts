import type { IncomingMessage, ServerResponse } from 'node:http'
import { saved as leaf } from './version.js'

const saved = 1
const answer = { pong: true, version: Math.max(leaf, saved), pid: process.pid }

/** Answers the requests that every server here answers. */
export function ping(request: IncomingMessage, response: ServerResponse): boolean {
  const url = new URL(request.url ?? '/', 'http://localhost')
  const send = () => response.setHeader('content-type', 'application/json').end(JSON.stringify(answer))
  switch (url.pathname) {
    case '/ping':
      send()
      return true
    case '/slow':
      setTimeout(send, Number(url.searchParams.get('ms')))
      return true
    case '/events': {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      const event = () => response.write(`data: ${JSON.stringify(answer)}\n\n`)
      const timer = setInterval(event, 250)
      response.on('close', () => clearInterval(timer))
      event()
      return true
    }
  }
  return false
}
