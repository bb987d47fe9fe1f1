import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { cached } from '../services/cache.js'
import { newest } from '../services/orders.js'
import { formats, read, report } from '../services/reports.js'
import { keep } from '../services/storage.js'
import { send } from '../services/mail.js'

const Order = z.object({ id: z.number(), customer: z.number(), amount: z.string(), placed: z.string() })

export const orders: FastifyPluginAsyncZod = async (app) => {
  app.get('/orders', { schema: { response: { 200: z.array(Order) } } }, async () => newest())
  app.post('/orders/import', { schema: { body: z.object({ csv: z.string() }) } }, async ({ body }) => read(body.csv))
  app.get('/report', { schema: { querystring: z.object({ format: z.enum(formats).default('json') }) } }, async ({ query }) =>
    cached(`report:${query.format}`, async () => (await report(query.format)).text),
  )
  app.post('/report', { schema: { body: z.object({ format: z.enum(formats), to: z.email() }) } }, async ({ body }) => {
    const { name, text } = await report(body.format)
    const key = await keep(name, text)
    await send(body.to, name, key)
    return { key }
  })
}
