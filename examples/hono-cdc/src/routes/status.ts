import { type OpenAPIHono, createRoute, z } from '@hono/zod-openapi'
import { streamSSE } from 'hono/streaming'
import { setTimeout } from 'node:timers/promises'
import { Pong, json } from '../docs/schemas.js'
import { version } from '../version.js'

const ping = createRoute({ method: 'get', path: '/ping', responses: { 200: json('Who serves', Pong) } })
const slow = createRoute({
  method: 'get',
  path: '/slow',
  request: { query: z.object({ ms: z.coerce.number().int().min(0).max(60_000).default(700) }) },
  responses: { 200: json('Who serves, after a while', Pong) },
})

const pong = () => ({ pong: true as const, version, pid: process.pid })

/** Who serves: once, after a while, and again and again. */
export function status(app: OpenAPIHono): void {
  app.openapi(ping, (c) => c.json(pong(), 200))
  app.openapi(slow, async (c) => {
    await setTimeout(c.req.valid('query').ms)
    return c.json(pong(), 200)
  })
  app.get('/events', (c) =>
    streamSSE(c, async (stream) => {
      while (!stream.aborted) {
        await stream.writeSSE({ data: JSON.stringify(pong()) })
        await setTimeout(250)
      }
    }),
  )
  app.post('/echo', async (c) => c.json({ echo: await c.req.text(), version, pid: process.pid }))
}
