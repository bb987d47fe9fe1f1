import { drizzle } from 'drizzle-orm/node-postgres'
import pg from 'pg'

// The pool connects at the first query.
export const db = drizzle(new pg.Pool({ host: '127.0.0.1', port: 9, max: 10, connectionTimeoutMillis: 1000 }))
