import { newCustomer } from '@acme/shared'
import { drizzle } from 'drizzle-orm/node-postgres'
import { pgTable, text } from 'drizzle-orm/pg-core'
import type { FastifyInstance } from 'fastify'
import { Redis } from 'ioredis'
import pg from 'pg'

const table = pgTable('customers', { id: text().primaryKey(), name: text().notNull() })
const db = drizzle(new pg.Pool({ host: '127.0.0.1', port: 9 }))
const redis = new Redis({ lazyConnect: true })

export async function customers(app: FastifyInstance) {
  app.get('/', async () => ({ customer: newCustomer('somebody'), query: db.select().from(table).toSQL(), redis: redis.status }))
}
