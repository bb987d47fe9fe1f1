import { drizzle } from 'drizzle-orm/postgres-js'
import { jsonb, pgTable, serial, timestamp } from 'drizzle-orm/pg-core'
import postgres from 'postgres'

export const rows = pgTable('rows', { id: serial().primaryKey(), body: jsonb().notNull(), at: timestamp().defaultNow() })
export const db = drizzle(postgres('postgres://app@127.0.0.1:9/app'))
