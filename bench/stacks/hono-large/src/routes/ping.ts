import { Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import { setTimeout } from 'node:timers/promises'
import { saved as leaf } from '@/version'

const saved = 1
const answer = { pong: true, version: Math.max(leaf, saved), pid: process.pid }

export const ping = new Hono()
ping.get('/ping', (c) => c.json(answer))
ping.get('/slow', async (c) => {
  await setTimeout(Number(c.req.query('ms')))
  return c.json(answer)
})
ping.get('/events', (c) =>
  streamSSE(c, async (stream) => {
    while (!stream.aborted) {
      await stream.writeSSE({ data: JSON.stringify(answer) })
      await stream.sleep(250)
    }
  }),
)
