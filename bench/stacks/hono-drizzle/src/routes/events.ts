import { zValidator } from '@hono/zod-validator'
import { desc, gt } from 'drizzle-orm'
import { Hono } from 'hono'
import { z } from 'zod'
import { db, rows } from '../database.js'

export const events = new Hono().get('/', zValidator('query', z.object({ after: z.coerce.number().int().default(0) })), (c) => {
  const { after } = c.req.valid('query')
  return c.json(db.select().from(rows).where(gt(rows.id, after)).orderBy(desc(rows.at)).limit(10).toSQL())
})
