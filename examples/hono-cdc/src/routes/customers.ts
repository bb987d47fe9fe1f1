import { type OpenAPIHono, createRoute, z } from '@hono/zod-openapi'
import type { Database } from '../database.js'
import { CustomerJson, Invoice, NewCustomer, Problem, json } from '../docs/schemas.js'
import { cents } from '../services/prices.js'

const params = z.object({ id: z.coerce.number().int().positive() })

const list = createRoute({
  method: 'get',
  path: '/customers',
  responses: { 200: json('All customers', z.array(CustomerJson)) },
})
const get = createRoute({
  method: 'get',
  path: '/customers/{id}',
  request: { params },
  responses: { 200: json('The customer', CustomerJson), 404: json('No such customer', Problem) },
})
const invoice = createRoute({
  method: 'get',
  path: '/customers/{id}/invoice',
  request: { params },
  responses: { 200: json('What the customer pays a month', Invoice), 404: json('No such customer', Problem) },
})
const add = createRoute({
  method: 'post',
  path: '/customers',
  request: { body: { required: true, content: { 'application/json': { schema: NewCustomer } } } },
  responses: { 201: json('The new customer', CustomerJson) },
})

/** The customers, and what they pay. */
export function customers(app: OpenAPIHono, database: Database): void {
  app.openapi(list, (c) => c.json(database.list(), 200))
  app.openapi(get, (c) => {
    const customer = database.get(c.req.valid('param').id)
    return customer ? c.json(customer, 200) : c.json({ error: 'no such customer' }, 404)
  })
  app.openapi(invoice, (c) => {
    const customer = database.get(c.req.valid('param').id)
    if (!customer) return c.json({ error: 'no such customer' }, 404)
    return c.json({ customer: customer.id, cents: cents(customer.plan) }, 200)
  })
  app.openapi(add, async (c) => c.json(await database.add(c.req.valid('json')), 201))
}
