// An event stream of each kind of body, which writes its kind into the file noticed when its
// client has left. /half stops in the middle of an event until there is a file rest, and /start
// says when there is one.
import { appendFileSync, existsSync } from 'node:fs'
import { createServer } from 'node:http'
import { Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import { version } from './version'

const notice = (kind: string) => appendFileSync('noticed', kind + '\n')
const event = `data: ${version}\n\n`
const headers = { 'Content-Type': 'text/event-stream' }
const EVERY = 20

/** Calls send again and again. Returns the function that ends that. */
function again(send: () => unknown) {
  const timer = setInterval(send, EVERY)
  return () => clearInterval(timer)
}

const bodies: Record<string, (request: Request) => any> = {
  start() {
    let end: () => void
    return new ReadableStream({ start: (c) => void (end = again(() => c.enqueue(existsSync('rest') ? 'data: rest\n\n' : event))), cancel: () => (end(), notice('start')) })
  },
  signal(request) { // ends by the signal alone
    return new ReadableStream({ start: (c) => request.signal.addEventListener('abort', (end => () => (end(), notice('signal')))(again(() => c.enqueue(event)))) })
  },
  pull: () => new ReadableStream({ pull: async (c) => c.enqueue((await Bun.sleep(EVERY), event)), cancel: () => notice('pull') }),
  direct() {
    let open = true
    return new ReadableStream({
      type: 'direct',
      async pull(c: any) {
        while (open) c.write(event), c.flush(), await Bun.sleep(EVERY)
      },
      cancel: () => ((open = false), notice('direct')),
    } as any)
  },
  async *generator() {
    try {
      while (true) yield event, await Bun.sleep(EVERY)
    } finally {
      notice('generator')
    }
  },
  transform() {
    const { readable, writable } = new TransformStream()
    const writer = writable.getWriter()
    const end = again(() => writer.write(new TextEncoder().encode(event)).catch(() => end()))
    writer.closed.catch(() => notice('transform'))
    return readable
  },
  half() {
    let rest: () => void
    return new ReadableStream({
      start(c) {
        c.enqueue(event + 'data: ')
        rest = again(() => existsSync('rest') && (rest(), c.enqueue(`${version}\n\n`)))
      },
      cancel: () => notice('half'),
    })
  },
  quiet: () => new ReadableStream({ start: (c) => c.enqueue(event), cancel: () => notice('quiet') }),
}

const app = new Hono()
app.get('/hono', (c) => streamSSE(c, async (stream) => {
  stream.onAbort(() => notice('hono'))
  while (!stream.aborted) await stream.writeSSE({ data: String(version) }), await stream.sleep(EVERY)
}))
const respond = (request: Request, kind: string) => new Response(bodies[kind](request), { headers })

createServer((request, response) => {
  response.writeHead(200, headers)
  const end = again(() => response.write(event))
  response.on('close', () => (end(), notice('node')))
}).listen(Number(process.env.NODE_PORT), '127.0.0.1')

Bun.serve({
  port: Number(process.env.PORT),
  hostname: '127.0.0.1',
  idleTimeout: 0,
  routes: { '/pull': { GET: (request) => respond(request, 'pull') } },
  async fetch(request, server) {
    const kind = new URL(request.url).pathname.slice(1)
    if (kind === 'fetch') return fetch('http://127.0.0.1:' + process.env.NODE_PORT) // which notices
    if (kind === 'quiet') await Bun.sleep(1)
    return Object.hasOwn(bodies, kind) ? respond(request, kind) : app.fetch(request, server)
  },
})
