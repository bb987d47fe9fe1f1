import { saved as leaf } from '@acme/shared'
import type { FastifyInstance } from 'fastify'
import { setTimeout } from 'node:timers/promises'

const saved = 1
const answer = { pong: true, version: Math.max(leaf, saved), pid: process.pid }

export async function ping(app: FastifyInstance) {
  app.get('/ping', async () => answer)
  app.get<{ Querystring: { ms: number } }>('/slow', async (request) => {
    await setTimeout(Number(request.query.ms))
    return answer
  })
  app.get('/events', (request, reply) => {
    reply.hijack()
    reply.raw.writeHead(200, { 'content-type': 'text/event-stream' })
    const send = () => reply.raw.write(`data: ${JSON.stringify(answer)}\n\n`)
    const timer = setInterval(send, 250)
    reply.raw.on('close', () => clearInterval(timer))
    send()
  })
}
