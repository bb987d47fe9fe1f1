import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { version } from '../version.js'

const Pong = z.object({ pong: z.literal(true), version: z.number(), pid: z.number() })

export const ping: FastifyPluginAsyncZod = async (app) => {
  app.get('/ping', { schema: { response: { 200: Pong } } }, async () => ({ pong: true as const, version, pid: process.pid }))
}
