import { drizzle, type RemoteCallback } from 'drizzle-orm/pg-proxy'
import { Pool } from 'undici'
import { config } from './config.js'
import * as schema from './schema.js'

/** Asks a database that is reached by HTTP. */
function remote(url: string): RemoteCallback {
  const pool = new Pool(new URL(url).origin, { connections: 10 })
  return async (sql, params, method) => {
    const { body } = await pool.request({
      path: new URL(url).pathname,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ sql, params, method }),
    })
    return (await body.json()) as { rows: unknown[][] }
  }
}

/** Without one: a few orders to look at. */
const sample: RemoteCallback = async () => ({
  rows: [
    [1, 1, '19.90', '2026-03-01T09:30:00Z'],
    [2, 1, '249.00', '2026-03-14T16:05:00Z'],
    [3, 2, '5.50', '2026-04-02T11:45:00Z'],
  ],
})

export const database = drizzle(config.DATABASE_URL ? remote(config.DATABASE_URL) : sample, { schema })
