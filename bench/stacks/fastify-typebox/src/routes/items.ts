import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'

const Item = Type.Object({ name: Type.String({ minLength: 1 }), price: Type.Number({ minimum: 0 }), tags: Type.Optional(Type.Array(Type.String())) })

export const items: FastifyPluginAsyncTypebox = async (app) => {
  app.post('/', { schema: { body: Item, response: { 200: Type.Object({ item: Item, token: Type.String() }) } } }, async (request) => {
    return { item: request.body, token: app.jwt.sign({ name: request.body.name }) }
  })
  app.get('/limited', { config: { rateLimit: { max: 10, timeWindow: '1 minute' } } }, async () => ({ ok: true }))
  app.get('/openapi', async () => app.swagger())
}
