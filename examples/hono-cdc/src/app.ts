import { OpenAPIHono, createRoute, z } from '@hono/zod-openapi'
import { streamSSE } from 'hono/streaming'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'
import { Customer, type Database } from './database.js'
import { version } from './version.js'

const json = <T extends z.ZodType>(description: string, schema: T) => ({
  description,
  content: { 'application/json': { schema } },
})

const CustomerJson = Customer.openapi('Customer')
const NewCustomer = Customer.omit({ id: true }).openapi('NewCustomer')
const Problem = z.object({ error: z.string() }).openapi('Problem')
const Pong = z.object({ pong: z.literal(true), version: z.number(), pid: z.number() }).openapi('Pong')

const ping = createRoute({ method: 'get', path: '/ping', responses: { 200: json('Who serves', Pong) } })
const slow = createRoute({
  method: 'get',
  path: '/slow',
  request: { query: z.object({ ms: z.coerce.number().int().min(0).max(60_000).default(700) }) },
  responses: { 200: json('Who serves, after a while', Pong) },
})
const list = createRoute({
  method: 'get',
  path: '/customers',
  responses: { 200: json('All customers', z.array(CustomerJson)) },
})
const get = createRoute({
  method: 'get',
  path: '/customers/{id}',
  request: { params: z.object({ id: z.coerce.number().int().positive() }) },
  responses: { 200: json('The customer', CustomerJson), 404: json('No such customer', Problem) },
})
const add = createRoute({
  method: 'post',
  path: '/customers',
  request: { body: { required: true, content: { 'application/json': { schema: NewCustomer } } } },
  responses: { 201: json('The new customer', CustomerJson) },
})

const pong = () => ({ pong: true as const, version, pid: process.pid })

/** The HTTP side of the service. */
export function app(database: Database) {
  const app = new OpenAPIHono()
  app.openapi(ping, (c) => c.json(pong(), 200))
  app.openapi(slow, async (c) => {
    await setTimeout(c.req.valid('query').ms)
    return c.json(pong(), 200)
  })
  app.openapi(list, (c) => c.json(database.list(), 200))
  app.openapi(get, (c) => {
    const customer = database.get(c.req.valid('param').id)
    return customer ? c.json(customer, 200) : c.json({ error: 'no such customer' }, 404)
  })
  app.openapi(add, async (c) => c.json(await database.add(c.req.valid('json')), 201))
  app.get('/events', (c) =>
    streamSSE(c, async (stream) => {
      while (!stream.aborted) {
        await stream.writeSSE({ data: JSON.stringify(pong()) })
        await setTimeout(250)
      }
    }),
  )
  app.post('/echo', async (c) => c.json({ echo: await c.req.text(), version, pid: process.pid }))
  return app
}

/** Writes the API's description, if it is not what the file says already. */
export async function writeOpenApi(path: URL): Promise<void> {
  const described = new OpenAPIHono()
  for (const route of [ping, slow, list, get, add]) described.openAPIRegistry.registerPath(route)
  const text =
    JSON.stringify(
      described.getOpenAPIDocument({ openapi: '3.0.3', info: { title: 'Customers', version: '1.0.0' } }),
      null,
      2,
    ) + '\n'
  const before = await readFile(path, 'utf8').catch(() => '')
  if (before === text) return
  await mkdir(new URL('.', path), { recursive: true })
  await writeFile(path, text)
}
