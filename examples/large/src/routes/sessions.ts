import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { issue, verify } from '../services/tokens.js'

export const sessions: FastifyPluginAsyncZod = async (app) => {
  app.post('/sessions', { schema: { body: z.object({ user: z.string() }) } }, async ({ body }, reply) => {
    const token = await issue(body.user)
    return reply.setCookie('session', token, { httpOnly: true }).send({ token })
  })
  app.get('/sessions/me', async ({ cookies, headers }) => ({
    user: await verify(cookies.session ?? '', headers['x-client']?.toString()),
  }))
}
