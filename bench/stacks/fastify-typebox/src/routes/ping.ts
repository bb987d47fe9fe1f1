import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { setTimeout } from 'node:timers/promises'
import { saved as leaf } from '../version.js'

const saved = 1
const answer = { pong: true, version: Math.max(leaf, saved), pid: process.pid }
const Answer = Type.Object({ pong: Type.Boolean(), version: Type.Integer(), pid: Type.Integer() })

export const ping: FastifyPluginAsyncTypebox = async (app) => {
  app.get('/ping', { schema: { response: { 200: Answer } } }, async () => answer)
  app.get('/slow', { schema: { querystring: Type.Object({ ms: Type.Integer() }) } }, async (request) => {
    await setTimeout(request.query.ms)
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
