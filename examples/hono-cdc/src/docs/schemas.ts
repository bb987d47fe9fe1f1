import { z } from '@hono/zod-openapi'
import { Customer } from '../database.js'

export const json = <T extends z.ZodType>(description: string, schema: T) => ({
  description,
  content: { 'application/json': { schema } },
})

export const CustomerJson = Customer.openapi('Customer')
export const NewCustomer = Customer.omit({ id: true }).openapi('NewCustomer')
export const Invoice = z.object({ customer: z.number(), cents: z.number().int() }).openapi('Invoice')
export const Problem = z.object({ error: z.string() }).openapi('Problem')
export const Pong = z.object({ pong: z.literal(true), version: z.number(), pid: z.number() }).openapi('Pong')
