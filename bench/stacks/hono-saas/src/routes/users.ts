import { and, desc, eq, ilike } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/pg-proxy'
import { Hono } from 'hono'
import { z } from 'zod'
import { posts, users as table } from '../schema.js'

const db = drizzle(async () => ({ rows: [] }))
const Query = z.object({ name: z.string().min(1).default('a'), limit: z.coerce.number().int().max(100).default(10) })

export const users = new Hono().get('/', async (c) => {
  const { name, limit } = Query.parse(c.req.query())
  const query = db.select().from(table).leftJoin(posts, eq(posts.author, table.id)).where(and(ilike(table.name, name))).orderBy(desc(table.created)).limit(limit)
  return c.json({ query: query.toSQL(), rows: await query })
})
